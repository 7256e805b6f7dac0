"""Performs an action on the member's own mysqld. Every action may be repeated: what is done is observed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pymysql

from . import accounts
from . import actions as act
from .mysqld import Mysqld, Unreachable
from .observe import read_identity
from .settings import MYSQL_PORT, RUN_FOLDER, TLS_FOLDER, Settings

MAY_STOP = RUN_FOLDER / "may-stop"
RETRY_CLONE_SECONDS = 3.0


class Performer:
    """Performs actions; a clone runs in a thread of its own, so that health and progress are still told."""

    def __init__(self, settings: Settings, mysqld: Mysqld) -> None:
        self.settings = settings
        self._mysqld = mysqld
        self._clone: threading.Thread | None = None
        self.clone_donor: int | None = None
        self.clone_error: str | None = None
        self._clone_failed_at = -RETRY_CLONE_SECONDS

    @property
    def cloning(self) -> bool:
        return self._clone is not None and self._clone.is_alive()

    @property
    def busy(self) -> str | None:
        """What is under way for longer than a round, other than a clone."""
        return None

    @property
    def failure(self) -> str | None:
        """Why the last step that takes longer than a round, other than a clone, failed; None if it did not."""
        return None

    @property
    def last_error(self) -> str | None:
        """Why a step that takes longer than a round failed last."""
        return self.clone_error

    def perform(self, action: act.Action) -> None:
        """Do it. Raises Unreachable or pymysql.MySQLError."""
        mysqld = self._mysqld
        match action:
            case act.Steady() | act.Wait() | act.Blocked():
                pass
            case act.Close():
                accounts.close_window(mysqld)
            case act.Bootstrap():
                self._privately(accounts.align_internal, accounts.record_primary)
            case act.AlignAccounts():
                self._privately(accounts.align_internal)
            case act.RecordPrimary():
                self._privately(accounts.record_primary)
            case act.Declare():
                self._declare()
            case act.Clone(donor=donor):
                self._start_clone(donor)
            case act.Follow(source=source):
                self._follow(source)
            case act.ApplyReceived():
                mysqld.run("START REPLICA SQL_THREAD")
            case act.StopReceiving():
                mysqld.run("STOP REPLICA IO_THREAD")
            case act.RefetchRelayLog(source=source):
                mysqld.run("STOP REPLICA", "RESET REPLICA")
                self._follow(source)
            case act.StopFollowing():
                mysqld.run("STOP REPLICA", "RESET REPLICA ALL")
            case act.RequireAcknowledgement():
                mysqld.run("SET GLOBAL rpl_semi_sync_source_enabled = ON")
            case act.MakeWritable():
                mysqld.run("SET GLOBAL read_only = OFF")
            case act.MakeReadOnly():
                mysqld.run("SET GLOBAL super_read_only = ON")
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
        with accounts.private_window(self._mysqld):
            for step in steps:
                step(self._mysqld)

    def _declare(self) -> None:
        identity = read_identity(self._mysqld)
        known = identity is not None and identity["declared"] == accounts.declared_digest(self.settings)
        make = accounts.renew_passwords if known else accounts.declare
        self._privately(lambda mysqld: make(mysqld, self.settings))

    def _allow_stop(self) -> None:
        """Cut clients and replicas off first: mysqld's shutdown waits ten seconds for replicas that are connected."""
        with contextlib.suppress(Unreachable):
            self._mysqld.run("SET GLOBAL offline_mode = ON")
        MAY_STOP.touch()

    def _is_writable(self) -> bool:
        row = self._mysqld.rows("SELECT @@read_only OR @@super_read_only OR @@offline_mode AS closed")[0]
        return not row["closed"]

    def _follow(self, source: int) -> None:
        """By GTID auto-position, over TLS with the source's identity verified; the password is not stored on disk.

        The relay log is kept where the source stays the same: with semi-synchronous replication it may hold
        transactions that were acknowledged and are nowhere else (CHANGE REPLICATION SOURCE TO would delete it).
        """
        host = self.settings.host(source)
        rows = self._mysqld.rows("SHOW REPLICA STATUS")
        if rows:
            self._mysqld.run("STOP REPLICA")
        if not rows or rows[0]["Source_Host"] != host:
            self._mysqld.rows(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_AUTO_POSITION = 1,"
                " SOURCE_SSL = 1, SOURCE_SSL_CA = %s, SOURCE_SSL_VERIFY_SERVER_CERT = 1, SOURCE_CONNECT_RETRY = 1,"
                " SOURCE_RETRY_COUNT = 0, SOURCE_HEARTBEAT_PERIOD = 2",
                (host, MYSQL_PORT, str(TLS_FOLDER / "ca.crt")),
            )
        self._mysqld.rows(
            "START REPLICA USER = %s PASSWORD = %s", (accounts.REPLICATION, accounts.password("replication"))
        )

    def _start_clone(self, donor: int) -> None:
        if self.cloning or time.monotonic() - self._clone_failed_at < RETRY_CLONE_SECONDS:
            return
        self.clone_donor, self.clone_error = donor, None
        self._clone = threading.Thread(target=self._clone_from, args=(self.settings.host(donor),), daemon=True)
        self._clone.start()

    def _clone_from(self, host: str) -> None:
        mysqld = Mysqld(answer_seconds=None)
        try:
            clone_from(mysqld, host)
        except Unreachable:
            pass  # mysqld restarts itself with the new data: what became of it is observed
        except pymysql.MySQLError as error:
            self.clone_error = f"cloning from {host} failed: {error.args[-1]}"
            self._clone_failed_at = time.monotonic()
        finally:
            mysqld.close()


def clone_from(mysqld: Mysqld, host: str) -> None:
    """Replace everything on this mysqld by the donor's data. Refuses, once more and last, unless this one is empty."""
    if mysqld.rows("SELECT @@gtid_executed AS executed")[0]["executed"]:
        return
    mysqld.rows("SET GLOBAL clone_valid_donor_list = %s", (f"{host}:{MYSQL_PORT}",))
    mysqld.rows("SET GLOBAL clone_ssl_ca = %s", (str(TLS_FOLDER / "ca.crt"),))
    mysqld.rows(
        "CLONE INSTANCE FROM %s@%s:%s IDENTIFIED BY %s REQUIRE SSL",
        (accounts.CLONE, host, MYSQL_PORT, accounts.password("clone")),
    )
