"""Figures over repetitions. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """What some repetitions measured."""

    count: int
    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises ValueError if there are no values."""
        return cls(len(values), percentile(values, 50), percentile(values, 95), max(values))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed (the nearest-rank method: always a measured value).

    Raises ValueError if there are no values.
    """
    if not values:
        raise ValueError("there are no values to take a percentile of")
    return sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]


def longest_pause(moments: Iterable[float], began: float, ended: float) -> float:
    """The longest time between two successive moments that touches the time from ``began`` to ``ended``.

    Without a moment before ``began``, or none after ``ended``, it counts from or to that bound. Seconds.
    """
    ordered = sorted(moments)
    before = max((m for m in ordered if m <= began), default=began)
    after = min((m for m in ordered if m >= ended), default=ended)
    within = [before, *(m for m in ordered if before < m < after), after]
    return max(later - earlier for earlier, later in itertools.pairwise(within))
