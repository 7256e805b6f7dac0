"""Counts transactions in GTID sets, so that a table can say "3 behind" instead of printing two sets (pure)."""

from __future__ import annotations

Interval = tuple[int, int]
Intervals = dict[str, list[Interval]]


def parse(text: str) -> Intervals:
    """`uuid:1-5:7,uuid:tag:1-2` as inclusive intervals per `uuid` or `uuid:tag`."""
    sets: Intervals = {}
    for item in "".join(text.split()).split(","):
        uuid, *parts = item.lower().split(":")
        source = uuid
        for part in parts:
            if part[:1].isdigit():
                first, _, last = part.partition("-")
                sets.setdefault(source, []).append((int(first), int(last or first)))
            else:
                source = f"{uuid}:{part}"
    return {source: _merged(intervals) for source, intervals in sets.items()}


def count(text: str) -> int:
    return sum(last - first + 1 for intervals in parse(text).values() for first, last in intervals)


def missing(have: str, wanted: str) -> int:
    """How many transactions of `wanted` are not in `have`."""
    held = parse(have)
    return sum(
        (last - first + 1) - _overlap((first, last), held.get(source, []))
        for source, intervals in parse(wanted).items()
        for first, last in intervals
    )


def _merged(intervals: list[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _overlap(interval: Interval, others: list[Interval]) -> int:
    first, last = interval
    return sum(max(0, min(last, other_last) - max(first, other_first) + 1) for other_first, other_last in others)
