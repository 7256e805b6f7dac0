"""Performs the actions of a member of a Galera cluster. None takes long: mariadbd itself starts and joins."""

from __future__ import annotations

import contextlib

import pymysql

from . import actions as act
from . import galera_accounts
from .engine import Engine
from .facts import Facts
from .galera import WAITING
from .galera_files import FOUND, FOUND_ANEW, JOIN, give_order, read_data
from .mysqld import Mysqld, Unreachable
from .observe_galera import GaleraObserver
from .perform import Performer
from .settings import Settings
from .state import Cloning

CLIENTS = "SELECT id FROM information_schema.processlist WHERE host LIKE '%:%'"
"""Who came over the network: not the agent, nor what sends the data to a member that joins."""


class GaleraPerformer(Performer):
    """Performs actions; what is done is observed afterwards."""

    def __init__(self, settings: Settings, mysqld: Mysqld, ordinal: int, engine: Engine) -> None:
        super().__init__(settings, mysqld, engine)
        self._ordinal = ordinal

    def copying(self, facts: Facts) -> Cloning | None:
        """mariadbd takes the data by itself. Where nobody sends any more, all has arrived and is made ready."""
        received = facts.local.galera.received if facts.local and facts.local.galera else 0
        if not received:
            return None
        senders = [report for report in facts.reports if report.sends]
        donor = " or ".join(self.settings.pod(report.ordinal) for report in senders)
        return Cloning(donor, received, max([received, *(report.sends for report in senders)]))

    def perform(self, action: act.Action) -> None:
        """Do it. Raises Unreachable, pymysql.MySQLError or OSError."""
        mysqld = self._mysqld
        match action:
            case act.StartGroup():
                self._order(FOUND, ())
            case act.StartAnew():
                self._order(FOUND_ANEW, ())
            case act.JoinCluster(donors=donors):
                self._order(JOIN, donors)
            case act.LeaveGroup():
                self.refuse_clients()
                mysqld.run("SHUTDOWN")
            case act.RefuseClients():
                self.refuse_clients()
            case act.RecordPrimary():
                self._record(self._ordinal)
            case act.HandOver(ordinal=heir):
                self.refuse_clients()
                self._record(heir)
            case act.AlignThroughGroup():
                galera_accounts.align(mysqld, self._engine.accounts)
            case act.MakeWritable():
                # What other members committed before is applied first: a client must not miss what it wrote there.
                mysqld.run("SET SESSION wsrep_sync_wait = 1", "SELECT 1 FROM mysql_k8s.galera")
                mysqld.run("SET SESSION wsrep_sync_wait = 0")
                super().perform(action)
            case _:
                super().perform(action)

    def refuse_clients(self) -> None:
        """Refuse writes, then cut off who is connected: a client that stays would not find its new member."""
        mysqld = self._mysqld
        mysqld.run("SET GLOBAL read_only = ON", "SET SESSION wsrep_on = OFF")
        try:
            for row in mysqld.rows(CLIENTS):
                with contextlib.suppress(pymysql.MySQLError):
                    mysqld.run(f"KILL {row['id']}")
        finally:
            mysqld.run("SET SESSION wsrep_on = ON")

    def _record(self, writer: int) -> None:
        known = GaleraObserver(self._mysqld, self._ordinal, self.settings).writer()
        galera_accounts.record_writer(self._mysqld, writer, known)

    def _order(self, order: str, donors: tuple[int, ...]) -> None:
        """Only while run.sh waits, and only for this wait: an order that comes too late is ignored."""
        data = read_data()
        if data is None or data.phase != WAITING:
            return
        members = ",".join(self.settings.host(ordinal) for ordinal in range(self.settings.members))
        # The last comma: if none of these can, any other member may.
        sources = "".join(f"{self.settings.pod(donor)}," for donor in donors)
        give_order(data.life, order, members, sources)

    def _allow_stop(self) -> None:
        with contextlib.suppress(Unreachable):
            self.refuse_clients()
        super()._allow_stop()
