"""Asks the cluster what it holds after a fault, and has the judges compare."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.support.checker import Verdict, check
from cluster.support.deployment import Deployment

from . import judges
from .probes import elements
from .workload import Workload

PATIENCE = 60
"""Seconds that a final read may take."""


@dataclass(frozen=True)
class Judgement:
    """What all judges say of one workload."""

    writes: Verdict
    lost: list[str]
    """Acknowledged work that is missing or wrong."""
    double_primaries: list[str]
    stale_reads: list[str]

    @property
    def findings(self) -> list[str]:
        return [*self.lost, *self.double_primaries, *self.stale_reads]


def judge(deployment: Deployment, work: Workload, fault_began: float) -> Judgement:
    """The members must be healthy and level. The final reads lock, so that they see the newest data."""
    primary = deployment.service("primary")

    def locked(columns: str, table: str) -> list[dict[str, int | str]]:
        return primary.rows(f"SELECT {columns} FROM {table} FOR UPDATE", seconds=PATIENCE)

    found = [int(row["value"]) for row in locked("value", work.tables.values)]
    lists = {int(row["id"]): elements(str(row["elements"])) for row in locked("id, elements", work.tables.lists)}
    counter = sum(int(row["value"]) for row in locked("value", work.tables.counter))
    writes = check(work.load.history.writes(), found)
    return Judgement(
        writes,
        lost=[
            *judges.writes(writes),
            *judges.gtids(_missing(deployment, work.acknowledged_gtids())),
            *judges.copies(_copies(deployment, work.tables.values, found)),
            *judges.lists((append for each in work.appenders for append in each.appends), lists),
            *judges.increments((one for each in work.incrementers for one in each.increments), counter),
        ],
        double_primaries=judges.double_primaries(
            work.watch.samples, (attempt for probe in work.probes for attempt in probe.attempts)
        ),
        stale_reads=judges.stale_reads(work.fresh.stale, fault_began),
    )


def _missing(deployment: Deployment, acknowledged: list[str]) -> dict[str, str]:
    return {deployment.pod(ordinal): deployment.missing(ordinal, acknowledged) for ordinal in deployment.ordinals}


def _copies(deployment: Deployment, table: str, on_primary: list[int]) -> dict[str, list[int]]:
    copies = {"the primary": on_primary}
    for ordinal in deployment.ordinals:
        rows = deployment.member(ordinal).rows(f"SELECT value FROM {table}", seconds=PATIENCE)
        copies[deployment.pod(ordinal)] = [row["value"] for row in rows]
    return copies
