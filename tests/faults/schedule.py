"""Which fault comes when: decided by a seed alone. Pure.

The order, the targets and how long faults last are the same for the same seed and choices; when each one begins is not,
because the next one waits until the cluster is healthy.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Target(StrEnum):
    """What a fault hits."""

    PRIMARY = "primary"
    REPLICA = "replica"
    ALL = "all members"
    NONE = "nothing"


@dataclass(frozen=True)
class Choice:
    """A fault that may be drawn."""

    fault: str
    target: Target
    shortest: float = 0
    longest: float = 0
    """Between which bounds it lasts, in seconds; 0: it happens at once."""


@dataclass(frozen=True)
class Step:
    """A fault that was drawn."""

    number: int
    fault: str
    target: Target
    hold: float
    """How long it lasts, in seconds."""
    draw: float
    """From 0 to below 1: which replica, where any one may be hit."""

    def __str__(self) -> str:
        lasting = f" for {self.hold:g} s" if self.hold else ""
        return f"{self.fault} ({self.target}){lasting}"


def hitting(target: str, choices: Sequence[Choice]) -> list[Choice]:
    """Those that hit ``target``; empty: all. Raises ValueError for a target that is none."""
    if target and target not in list(Target):
        raise ValueError(f"nothing hits {target!r}; use one of {', '.join(Target)}")
    return [choice for choice in choices if target in ("", choice.target)]


def steps(seed: int, choices: Sequence[Choice]) -> Iterator[Step]:
    """Without end: every choice once, in a drawn order, then every choice once in another order, and so on.

    Raises ValueError if there is nothing to choose from.
    """
    if not choices:
        raise ValueError("no fault is left to choose from: name others with --faults")
    return _steps(random.Random(seed), choices)


def _steps(drawn: random.Random, choices: Sequence[Choice]) -> Iterator[Step]:
    numbers = itertools.count(1)
    while True:
        for choice in drawn.sample(choices, len(choices)):
            hold = round(drawn.uniform(choice.shortest, choice.longest), 1)
            yield Step(next(numbers), choice.fault, choice.target, hold, drawn.random())


def repeated(seed: int, choices: Sequence[Choice], times: int) -> list[Step]:
    """Every choice so many times."""
    return list(itertools.islice(steps(seed, choices), times * len(choices)))


def picked(candidates: Sequence[int], draw: float) -> int:
    """The candidate that a draw means."""
    return candidates[int(draw * len(candidates))]


UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """`90s`, `30m` or `2h` as seconds. Raises ValueError."""
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not number.isdecimal() or not int(number):
        raise ValueError(f"a duration is a number and s, m or h, such as 30m; got {text!r}")
    return int(number) * UNITS[unit]
