"""Performs an action on the member's own mysqld. Every action may be repeated: what is done is observed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from . import accounts
from . import actions as act
from .engine import Engine
from .facts import Facts
from .identity import read_identity
from .mysqld import Mysqld, Unreachable
from .settings import RUN_FOLDER, Settings
from .state import Cloning

MAY_STOP = RUN_FOLDER / "may-stop"


class Performer:
    """Performs actions; what gives an empty member its data runs in a thread of its own."""

    def __init__(self, settings: Settings, mysqld: Mysqld, engine: Engine) -> None:
        self.settings = settings
        self.provisioner = engine.provisioner()
        self._mysqld = mysqld
        self._engine = engine

    @property
    def busy(self) -> str | None:
        """What is under way for longer than a round, other than taking another member's data."""
        return None

    @property
    def failure(self) -> str | None:
        """Why the last step that takes longer than a round, other than a clone, failed; None if it did not."""
        return None

    @property
    def last_error(self) -> str | None:
        """Why a step that takes longer than a round failed last."""
        return self.provisioner.error

    def copying(self, facts: Facts) -> Cloning | None:
        """How far taking all data of another member is; None: that is not under way."""
        donor = self.provisioner.donor
        if facts.local is None or not facts.local.cloning or donor is None:
            return None
        return Cloning(self.settings.pod(donor), *self.provisioner.progress())

    def perform(self, action: act.Action) -> None:
        """Do it. Raises Unreachable or pymysql.MySQLError."""
        mysqld, say = self._mysqld, self._engine.statements
        match action:
            case act.Steady() | act.Wait() | act.Blocked():
                pass
            case act.Close():
                self._engine.close_window(mysqld)
            case act.Bootstrap():
                self._privately(self._align_internal, self._record_primary)
            case act.AlignAccounts():
                self._privately(self._align_internal)
            case act.RecordPrimary():
                self._privately(self._record_primary)
            case act.Declare():
                self._declare()
            case act.Clone(donor=donor):
                self.provisioner.start(donor, self.settings.host(donor))
            case act.Follow(source=source):
                self._engine.follow(mysqld, self.settings.host(source))
            case act.ApplyReceived():
                mysqld.run(say.apply_received)
            case act.StopReceiving():
                mysqld.run(say.stop_receiving)
            case act.RefetchRelayLog(source=source):
                mysqld.run(*say.forget_received)
                self._engine.follow(mysqld, self.settings.host(source))
            case act.AcknowledgeAgain(source=source):
                self._engine.acknowledge_again(mysqld, self.settings.host(source))
            case act.StopFollowing():
                mysqld.run(*say.stop_following)
            case act.RequireAcknowledgement():
                mysqld.run(say.require_acknowledgement)
            case act.MakeWritable():
                mysqld.run(say.make_writable)
            case act.MakeReadOnly():
                mysqld.run(say.make_read_only)
            case act.AllowStop():
                self._allow_stop()
            case _:
                raise AssertionError(f"{type(action).__name__} is for a member of a group")

    def _privately(self, *steps: Callable[[Mysqld], None]) -> None:
        """Run steps while no client can write.

        A primary that serves writes already keeps serving: what the steps change loses no client's write.
        """
        if self._is_writable():
            for step in steps:
                step(self._mysqld)
            return
        with self._engine.private_window(self._mysqld):
            for step in steps:
                step(self._mysqld)

    def _align_internal(self, mysqld: Mysqld) -> None:
        accounts.align_internal(mysqld, self._engine.accounts)

    def _record_primary(self, mysqld: Mysqld) -> None:
        accounts.record_primary(mysqld, self._engine.statements.own_identity)

    def _declare(self) -> None:
        identity = read_identity(self._mysqld)
        known = identity is not None and identity["declared"] == accounts.declared_digest(self.settings)
        make = accounts.renew_passwords if known else accounts.declare
        self._privately(lambda mysqld: make(mysqld, self.settings))

    def _allow_stop(self) -> None:
        """Cut clients and replicas off first, where the server's shutdown would wait for them."""
        with contextlib.suppress(Unreachable):
            self._mysqld.run(*self._engine.statements.before_stop)
        MAY_STOP.touch()

    def _is_writable(self) -> bool:
        row = self._mysqld.rows(f"SELECT {self._engine.statements.closed} AS closed")[0]
        return not row["closed"]
