"""How many members a disruption budget lets go at once, and how many may go.

Pure arithmetic. Percentages are rounded up, of the available and of the unavailable alike (Kubernetes: "Specifying a
Disruption Budget for your Application").
"""

from __future__ import annotations

from typing import Any


def majority(members: int) -> int:
    return members // 2 + 1


def may_go(members: int) -> int:
    """How many members may be away while a majority stays; of two, one, as no majority survives anything."""
    return max(members - majority(members), 1)


def scaled(value: Any, members: int) -> int | None:
    """A number or a percentage of ``members``; nothing if it is neither."""
    text = str(value).strip()
    if text.endswith("%") and text[:-1].isdecimal():
        return -(-int(text[:-1]) * members // 100)
    return int(text) if text.isdecimal() else None


def lets_go(min_available: Any, max_unavailable: Any, members: int) -> int | None:
    """How many a budget lets go while all are healthy; nothing if it says neither, or what is no number."""
    if max_unavailable is not None:
        number = scaled(max_unavailable, members)
        return None if number is None else min(number, members)
    number = scaled(min_available, members)
    return None if number is None else max(members - number, 0)
