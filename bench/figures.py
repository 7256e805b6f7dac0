"""Figures over repetitions, and ratios with an interval. Pure, and the same for the same samples."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Figure:
    """What some repetitions measured: the middle one, and between which the middle half lies."""

    count: int
    median: float
    lower: float
    upper: float
    """First and third quartile."""
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """Raises ValueError if there are no values."""
        if not values:
            raise ValueError("there are no samples to take a figure of")
        ends = (
            [values[0], values[0], values[0]] if len(values) == 1 else statistics.quantiles(values, method="inclusive")
        )
        return cls(len(values), statistics.median(values), ends[0], ends[2], min(values), max(values))


@dataclass(frozen=True)
class Ratio:
    """How many times the reference the subject takes or gives, with the interval that holds the true one in 95 %."""

    value: float
    lower: float
    upper: float


def ratio(subject: Mapping[int, float], reference: Mapping[int, float]) -> Ratio:
    """The ratio of the medians. The interval is drawn from whole rounds (percentile bootstrap), as the samples of a
    round share what the machine did at that time.

    Raises ValueError if no round has both, or the reference is not above zero.
    """
    pairs = [(subject[number], reference[number]) for number in sorted(subject.keys() & reference.keys())]
    if not pairs:
        raise ValueError("no round has both the subject and its reference")
    if min(reference.values()) <= 0:
        raise ValueError("a reference of zero has no ratio")
    draw = random.Random(len(pairs))
    drawn = sorted(_of_medians(draw.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    tail = (1 - CONFIDENCE) / 2
    return Ratio(_of_medians(pairs), drawn[math.floor(tail * RESAMPLES)], drawn[math.ceil((1 - tail) * RESAMPLES) - 1])


def _of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    return statistics.median(each for each, _ in pairs) / statistics.median(each for _, each in pairs)
