"""GTID sets and their arithmetic, as MySQL's GTID_SUBSET, GTID_SUBTRACT and UNION define them.

Text form: ``uuid:1-5:7,uuid:tag:1-3`` (Reference Manual, "GTID Sets"; tags since 8.3). A source may be MariaDB's, too:
``domain-server`` in place of the UUID; how its positions become sets is in ``gtid_mariadb``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SOURCE = re.compile(r"[0-9a-f-]{36}|\d+-\d+")

Interval = tuple[int, int]
"""First and last transaction number, both included."""


@dataclass(frozen=True)
class GtidSet:
    """An immutable set of global transaction identifiers.

    ``intervals`` maps a source (``uuid``, ``uuid:tag`` or ``domain-server``, lower case) to sorted, disjoint,
    non-adjacent intervals. Use :meth:`parse` to make one.
    """

    intervals: Mapping[str, tuple[Interval, ...]]

    @staticmethod
    def parse(text: str) -> GtidSet:
        """Read MySQL's text form. Raises ValueError for anything that is not a GTID set."""
        found: dict[str, list[Interval]] = {}
        for item in "".join(text.split()).lower().split(","):
            if item:
                for source, interval in _parse_item(item):
                    found.setdefault(source, []).append(interval)
        return GtidSet({source: _normalise(found[source]) for source in sorted(found)})

    def __str__(self) -> str:
        return ",".join(
            source + "".join(f":{first}-{last}" if last > first else f":{first}" for first, last in intervals)
            for source, intervals in self.intervals.items()
        )

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __len__(self) -> int:
        """How many transactions the set holds."""
        return sum(last - first + 1 for intervals in self.intervals.values() for first, last in intervals)

    def __or__(self, other: GtidSet) -> GtidSet:
        sources = sorted({*self.intervals, *other.intervals})
        return GtidSet(
            {
                source: _normalise([*self.intervals.get(source, ()), *other.intervals.get(source, ())])
                for source in sources
            }
        )

    def __sub__(self, other: GtidSet) -> GtidSet:
        left = {
            source: _subtract(intervals, other.intervals.get(source, ()))
            for source, intervals in self.intervals.items()
        }
        return GtidSet({source: intervals for source, intervals in left.items() if intervals})

    def __le__(self, other: GtidSet) -> bool:
        """Whether every transaction of this set is in the other (GTID_SUBSET)."""
        return not self - other

    def __ge__(self, other: GtidSet) -> bool:
        return other <= self

    def without_source(self, uuid: str) -> GtidSet:
        """The set without the transactions that the server with this UUID originated, tagged or not."""
        uuid = uuid.lower()
        return GtidSet({s: i for s, i in self.intervals.items() if s != uuid and not s.startswith(uuid + ":")})


NOTHING = GtidSet({})


def _parse_item(item: str) -> Iterable[tuple[str, Interval]]:
    uuid, *parts = item.split(":")
    if not _SOURCE.fullmatch(uuid) or not parts:
        raise ValueError(f"not a GTID set: {item!r}")
    source = uuid
    for part in parts:
        if not part[:1].isdigit():
            source = f"{uuid}:{part}"
            continue
        first, _, last = part.partition("-")
        interval = (int(first), int(last or first))
        if not 1 <= interval[0] <= interval[1]:
            raise ValueError(f"not a GTID interval: {part!r}")
        yield source, interval


def _normalise(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _subtract(intervals: Iterable[Interval], holes: Iterable[Interval]) -> tuple[Interval, ...]:
    left = list(intervals)
    for hole_first, hole_last in holes:
        remaining: list[Interval] = []
        for first, last in left:
            if first < hole_first:
                remaining.append((first, min(last, hole_first - 1)))
            if last > hole_last:
                remaining.append((max(first, hole_last + 1), last))
        left = remaining
    return tuple(left)
