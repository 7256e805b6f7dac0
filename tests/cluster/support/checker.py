"""Compares what clients were told with what is there. Pure.

The rules: an acknowledged write must be there; a write without an answer may be there or not; a refused write, and one
that nobody attempted, must not be there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .history import Outcome, Write


@dataclass(frozen=True)
class Verdict:
    """What a history and the final data say of each other."""

    attempted: int
    acknowledged: int
    lost: tuple[int, ...]
    """Acknowledged, and not there."""
    unexpected: tuple[int, ...]
    """There, although refused or never attempted."""
    doubled: tuple[int, ...]
    """There more than once."""
    recovered: int
    """There, without the client having been told."""
    longest_gap: float
    """Seconds without any acknowledged write, between the first and the last one."""

    @property
    def clean(self) -> bool:
        return not (self.lost or self.unexpected or self.doubled)

    def __str__(self) -> str:
        problems = {"lost": self.lost, "unexpected": self.unexpected, "doubled": self.doubled}
        bad = "".join(f"; {name} {len(which)}: {shown(which)}" for name, which in problems.items() if which)
        return (
            f"{self.acknowledged} of {self.attempted} writes acknowledged, {self.recovered} more recovered, "
            f"longest gap {self.longest_gap:.1f} s{bad}"
        )


def check(history: Iterable[Write], found: Sequence[int]) -> Verdict:
    """``found``: the values of a final locking read on the primary."""
    writes = list(history)
    by_outcome = {outcome: {w.value for w in writes if w.outcome is outcome} for outcome in Outcome}
    there = set(found)
    possible = by_outcome[Outcome.OK] | by_outcome[Outcome.UNKNOWN]
    return Verdict(
        attempted=len(writes),
        acknowledged=len(by_outcome[Outcome.OK]),
        lost=tuple(sorted(by_outcome[Outcome.OK] - there)),
        unexpected=tuple(sorted(there - possible)),
        doubled=tuple(sorted(value for value, times in Counter(found).items() if times > 1)),
        recovered=len(there & by_outcome[Outcome.UNKNOWN]),
        longest_gap=longest_gap(w.ended for w in writes if w.outcome is Outcome.OK),
    )


def longest_gap(times: Iterable[float]) -> float:
    ordered = sorted(times)
    return max((later - earlier for earlier, later in itertools.pairwise(ordered)), default=0.0)


def shown(values: Sequence[int], most: int = 10) -> str:
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(map(str, values[:most])) + more


def gtid_set(gtids: Iterable[str]) -> str:
    """GTIDs as one set in MySQL's notation, neighbours joined to intervals."""
    numbers: dict[str, set[int]] = {}
    for gtid in gtids:
        source, _, number = gtid.partition(":")
        numbers.setdefault(source, set()).add(int(number))
    return ",".join(":".join([source, *_intervals(sorted(own))]) for source, own in sorted(numbers.items()))


def _intervals(numbers: Sequence[int]) -> list[str]:
    joined: list[list[int]] = []
    for number in numbers:
        if joined and joined[-1][1] == number - 1:
            joined[-1][1] = number
        else:
            joined.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in joined]
