"""How long nobody could write when a primary was lost, by topology: from the results of fault runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faults.catalog import BY_NAME
from faults.report import by_topology
from faults.results import Result, Run

from .figures import Figure

HITS = ("primary", "all members")
"""Of what a fault may hit, what takes the primary."""
PASSING = frozenset({"none", "kill-agent", "pause-short", "packet-delay", "packet-loss"})
"""Faults of which the primary is not lost."""


@dataclass(frozen=True)
class Failover:
    """A fault on one topology, over all its runs. Times as text."""

    topology: str
    fault: str
    what: str
    runs: int
    without_write: str
    whole: str
    lost: int
    """Runs in which an acknowledged write was missing."""


def failovers(runs: Sequence[Run]) -> list[Failover]:
    """By topology, then in the order of the catalog."""
    by_kind: dict[tuple[str, str], list[Result]] = {}
    for topology, results in by_topology(runs).items():
        for result in results:
            if result.target in HITS and result.fault not in PASSING:
                by_kind.setdefault((topology, result.fault), []).append(result)
    order = list(BY_NAME)
    kinds = sorted(by_kind, key=lambda kind: (kind[0], order.index(kind[1])))
    return [_failover(*kind, by_kind[kind]) for kind in kinds]


def _failover(topology: str, fault: str, results: Sequence[Result]) -> Failover:
    return Failover(
        topology,
        fault,
        BY_NAME[fault].what + _lasting(results),
        len(results),
        _seconds(each.write_gap for each in results),
        _seconds(each.healthy_after for each in results),
        sum(bool(each.lost) for each in results),
    )


def _lasting(results: Sequence[Result]) -> str:
    """While it lasts nobody can write, where no other member takes over."""
    shortest, longest = min(each.hold for each in results), max(each.hold for each in results)
    if not longest:
        return ""
    return f", for {longest:g} s" if shortest == longest else f", for {shortest:g} to {longest:g} s"


def _seconds(values: Iterable[float]) -> str:
    figure = Figure.of(list(values))
    return f"{figure.median:.1f} s ({figure.least:.1f} to {figure.most:.1f})"
