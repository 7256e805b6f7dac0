"""Facts about a member of a Galera cluster: from mariadbd if it answers, else from what its run.sh published."""

from __future__ import annotations

from dataclasses import replace

from .donor import SIZE
from .facts import Local, Report
from .galera import DONOR, SYNCED, WAITING, Data, GaleraMember, QueueAverage, position
from .galera_files import read_data, read_received
from .group import ERROR, OFFLINE, ONLINE, PRIMARY, RECOVERING, SECONDARY, Group, Seat
from .gtid import NOTHING
from .identity import row_of
from .mysqld import Mysqld, Unreachable
from .settings import Settings

STATUS = """
SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_cluster_state_uuid', 'wsrep_last_committed',
 'wsrep_local_state_comment', 'wsrep_local_state_uuid', 'wsrep_local_recv_queue', 'wsrep_connected', 'wsrep_ready')
"""
SERVER = "SELECT @@version AS version, @@read_only AS read_only"
VIEW = "SELECT node_name AS name FROM mysql.wsrep_cluster_members ORDER BY node_name"
WRITER = "SELECT writer FROM mysql_k8s.galera WHERE id = 1"


class GaleraObserver:
    """Reads the facts of a member of a Galera cluster, except those about accounts."""

    def __init__(self, mysqld: Mysqld, ordinal: int, settings: Settings) -> None:
        self._mysqld = mysqld
        self._ordinal = ordinal
        self._settings = settings
        self._queue = QueueAverage()

    def observe(self) -> Local:
        """The member's facts. Raises Unreachable or pymysql.MySQLError."""
        data = read_data()
        if data is None:
            raise Unreachable("run.sh is looking at the data")
        if data.phase == WAITING:
            self._mysqld.close()
            return self._not_running(data, OFFLINE)
        try:
            return self._running(data)
        except Unreachable:
            if self._mysqld.generation:
                raise
            return self._not_running(data, RECOVERING)

    def _not_running(self, data: Data, state: str) -> Local:
        """While run.sh waits, and until mariadbd answers: that may take as long as all data takes to arrive."""
        group = Group(name=data.history, epoch=data.history, state=state)
        return Local(
            self._report(data.history, data.seqno, group),
            version="",
            galera=GaleraMember(data.kind, data.life, data.failed, received=read_received()),
        )

    def _running(self, data: Data) -> Local:
        server = self._mysqld.rows(SERVER)[0]
        status = {row["Variable_name"]: row["Value"] for row in self._mysqld.rows(STATUS)}
        state = state_of(status)
        writer = self.writer() if state == ONLINE else None
        history = status["wsrep_local_state_uuid"]
        group = Group(
            name=history,
            epoch=history,
            running=status["wsrep_cluster_state_uuid"] if state == ONLINE else "",
            state=state,
            role=role_of(self._ordinal, writer) if state == ONLINE else "",
            seats=self._seats(writer) if state == ONLINE else (),
        )
        member = GaleraMember(
            kind=data.kind,
            life=data.life,
            failed=data.failed,
            state=status["wsrep_local_state_comment"],
            queue=self._queue.add(int(status["wsrep_local_recv_queue"])),
            writer=writer,
        )
        report = self._report(history, int(status["wsrep_last_committed"]), group, writable=not server["read_only"])
        sends = int(self._mysqld.rows(SIZE)[0]["bytes"]) if member.state == DONOR else 0
        return Local(replace(report, sends=sends), version=server["version"], galera=member)

    def _report(self, history: str, seqno: int, group: Group, *, writable: bool = False) -> Report:
        held = position(history, seqno)
        pod = self._settings.pod(self._ordinal)
        return Report(
            self._ordinal, pod, executed=held, received=held, purged=NOTHING,
            writable=writable, bootstrapped=bool(held), group=group,
        )  # fmt: skip

    def _seats(self, writer: int | None) -> tuple[Seat, ...]:
        """The cluster's view. Every member in it is reached; what else it is in the middle of, it reports itself."""
        ordinals = {self._settings.pod(ordinal): ordinal for ordinal in range(self._settings.members)}
        view = [row["name"] for row in self._mysqld.rows(VIEW)]
        return tuple(
            Seat(name, self._settings.host(ordinals[name]), ONLINE, role_of(ordinals[name], writer))
            if name in ordinals
            else Seat(name, name, ONLINE, SECONDARY)
            for name in view
        )

    def writer(self) -> int | None:
        """Who takes the writes, as the data records it; None if it records nobody."""
        row = row_of(self._mysqld, WRITER)
        return int(row["writer"]) if row and row["writer"] is not None else None


def role_of(ordinal: int, writer: int | None) -> str:
    return PRIMARY if ordinal == writer else SECONDARY


def state_of(status: dict[str, str]) -> str:
    """The state in the words of a Group. ERROR: mariadbd runs, and is no part of a cluster that can decide."""
    if status["wsrep_cluster_status"] != "Primary" or status["wsrep_connected"] != "ON":
        return ERROR
    full = status["wsrep_ready"] == "ON" and status["wsrep_local_state_comment"] in (SYNCED, DONOR)
    return ONLINE if full else RECOVERING
