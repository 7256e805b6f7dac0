"""Everything that is at work during a fault: writers, readers, probes and the watch, on tables of their own."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from cluster.support.clients import Endpoint
from cluster.support.deployment import Deployment
from cluster.support.history import Outcome
from cluster.support.load import Client, Load

from .observer import MovingMember, RoleWatch
from .probes import FreshReader, Incrementer, ListAppender, MemberProbe

WRITERS = 2


@dataclass(frozen=True)
class Tables:
    """The names of one workload's tables."""

    values: str
    lists: str
    counter: str
    probe: str

    @classmethod
    def made(cls, primary: Endpoint, values: str) -> Tables:
        """Make those that `Deployment.make_table` has not made."""
        tables = cls(values, f"{values}_lists", f"{values}_counter", f"{values}_probe")
        definitions = {
            tables.lists: "id INT PRIMARY KEY, elements TEXT NOT NULL",
            tables.counter: "id INT PRIMARY KEY, value INT NOT NULL",
            tables.probe: "id INT AUTO_INCREMENT PRIMARY KEY, member VARCHAR(80) NOT NULL",
        }
        for table, columns in definitions.items():
            primary.rows(f"DROP TABLE IF EXISTS {table}")
            primary.rows(f"CREATE TABLE {table} ({columns})")
        primary.rows(f"INSERT INTO {tables.counter} (id, value) VALUES (1, 0)")
        return tables


class Workload:
    """Runs from entering the `with` block to leaving it."""

    def __init__(self, deployment: Deployment) -> None:
        primary = deployment.service("primary")
        self.load: Load = deployment.load(WRITERS)
        self.tables = Tables.made(primary, self.load.table)
        self.watch = RoleWatch(deployment)
        self.reader = deployment.reader(self.load.table)
        self.fresh = FreshReader(primary, self.load.table, self.load.history)
        self.appenders = [ListAppender(primary, self.tables.lists, first, WRITERS) for first in range(WRITERS)]
        self.incrementers = [Incrementer(primary, self.tables.counter, number) for number in range(WRITERS)]
        self.probes = [self._probe(deployment, ordinal) for ordinal in deployment.ordinals]

    def _probe(self, deployment: Deployment, ordinal: int) -> MemberProbe:
        pod = deployment.pod(ordinal)
        return MemberProbe(pod, MovingMember(self.watch, pod, deployment.member(ordinal)), self.tables.probe)

    @property
    def _clients(self) -> list[Client]:
        return [self.reader, self.fresh, *self.appenders, *self.incrementers, *self.probes]

    def __enter__(self) -> Self:
        self.load.__enter__()
        self.watch.start()
        for client in self._clients:
            client.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.load.end()
        for client in self._clients:
            client.end()
        self.watch.end()

    def acknowledged_gtids(self) -> list[str]:
        """Of every client; none where the server tells none, as Galera's without a binary log."""
        attempts = [
            *self.load.history.writes(),
            *(append for appender in self.appenders for append in appender.appends),
            *(increment for incrementer in self.incrementers for increment in incrementer.increments),
        ]
        return [a.gtid for a in attempts if a.outcome is Outcome.OK and a.gtid]
