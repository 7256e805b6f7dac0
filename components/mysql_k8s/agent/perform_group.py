"""Performs the actions of a member of a group. Joining and leaving take long, and run in a thread of their own."""

from __future__ import annotations

import threading
import time

import pymysql

from . import accounts, group_accounts
from . import actions as act
from .engine_mysql import MySQL
from .identity import read_group_identity
from .mysqld import Mysqld, Unreachable, group_mysqld
from .perform import Performer
from .settings import MYSQL_PORT, Settings

RETRY_SECONDS = 3.0
HAND_OVER_SECONDS = 10
"""How long transactions under way may delay a hand-over, before they are rolled back."""


PREPARE = (group_accounts.grant_to_members, group_accounts.prefer_most_updated)
"""What a member needs before it can be in a group, beside its internal accounts."""


class GroupPerformer(Performer):
    """Performs actions; ``busy`` says which slow one is under way."""

    def __init__(self, settings: Settings, mysqld: Mysqld, ordinal: int) -> None:
        super().__init__(settings, mysqld, MySQL())
        self._ordinal = ordinal
        self._thread: threading.Thread | None = None
        self._doing = ""
        self._failed_at = -RETRY_SECONDS
        self._error: str | None = None

    @property
    def busy(self) -> str | None:
        return self._doing if self._thread is not None and self._thread.is_alive() else None

    @property
    def failure(self) -> str | None:
        return self._error

    @property
    def last_error(self) -> str | None:
        return self._error or super().last_error

    def perform(self, action: act.Action) -> None:
        """Do it. Raises Unreachable or pymysql.MySQLError."""
        mysqld = self._mysqld
        match action:
            case act.Bootstrap():
                self._privately(self._align_internal, *PREPARE, group_accounts.record_group)
            case act.AlignAccounts():
                self._privately(self._align_internal, *PREPARE)
            case act.AlignThroughGroup():
                group_accounts.align_through_group(mysqld)
            case act.RecordEpoch():
                group_accounts.record_epoch(mysqld)
            case act.JoinGroup() | act.StartGroup() | act.LeaveGroup():
                self._begin(action)
            case act.Disarm():
                mysqld.run("SET GLOBAL group_replication_bootstrap_group = OFF")
            case act.HandOver(uuid=uuid):
                mysqld.rows("SELECT group_replication_set_as_primary(%s, %s)", (uuid, HAND_OVER_SECONDS))
                # Who is connected goes to the successor now, and reads nothing stale here: this member stops anyway.
                mysqld.run("SET GLOBAL offline_mode = ON")
            case act.RefuseClients():
                mysqld.run("SET GLOBAL offline_mode = ON")
            case act.AdmitClients():
                mysqld.run("SET GLOBAL offline_mode = OFF")
            case _:
                super().perform(action)

    def _begin(self, action: act.JoinGroup | act.StartGroup | act.LeaveGroup) -> None:
        if self.busy or time.monotonic() - self._failed_at < RETRY_SECONDS:
            return
        self._doing = action.doing
        self._thread = threading.Thread(target=self._run, args=(action,), daemon=True)
        self._thread.start()

    def _run(self, action: act.JoinGroup | act.StartGroup | act.LeaveGroup) -> None:
        mysqld = group_mysqld(answer_seconds=None)
        try:
            match action:
                case act.JoinGroup(name=name):
                    mysqld.run("SET GLOBAL group_replication_bootstrap_group = OFF")
                    self._enter(mysqld, name)
                case act.StartGroup():
                    self._found(mysqld)
                case act.LeaveGroup():
                    mysqld.run("STOP GROUP_REPLICATION")
            if not isinstance(action, act.LeaveGroup):
                self._error = None
        except Unreachable:
            pass  # mysqld went away: what became of it is observed
        except (pymysql.MySQLError, OSError) as error:
            self._error = f"{self._doing} failed: {error.args[-1]}"
            self._failed_at = time.monotonic()
        finally:
            mysqld.close()

    def _found(self, mysqld: Mysqld) -> None:
        """Found the group. The permission is taken back at once; see Disarm for an agent that is killed before."""
        identity = read_group_identity(mysqld)
        if identity is None:
            return
        mysqld.run("SET GLOBAL group_replication_bootstrap_group = ON")
        try:
            self._enter(mysqld, identity["name"])
        finally:
            mysqld.run("SET GLOBAL group_replication_bootstrap_group = OFF")

    def _enter(self, mysqld: Mysqld, name: str) -> None:
        """With the password in memory only: it is not stored on disk."""
        hosts = [self.settings.host(ordinal) for ordinal in range(self.settings.members)]
        variables = {
            "group_name": name,
            "local_address": f"{self.settings.host(self._ordinal)}:{MYSQL_PORT}",
            "group_seeds": ",".join(f"{host}:{MYSQL_PORT}" for host in hosts),
        }
        for variable, value in variables.items():
            mysqld.rows(f"SET GLOBAL group_replication_{variable} = %s", (value,))
        mysqld.rows(
            "START GROUP_REPLICATION USER = %s, PASSWORD = %s",
            (accounts.REPLICATION, accounts.password("replication")),
        )
