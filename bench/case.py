"""What a case is: what is measured, beside which reference, and what is wanted. Nothing is run by declaring one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

Unit = Literal["s", "bytes", "bytes/s", "share", "per second"]


@dataclass(frozen=True)
class Measure:
    """One value that every sample has."""

    name: str
    title: str
    unit: Unit


@dataclass(frozen=True)
class Target:
    """What the ratio of a comparison is to be."""

    bound: Literal["at most", "at least"]
    ratio: float

    def reached(self, ratio: float) -> bool:
        return ratio <= self.ratio if self.bound == "at most" else ratio >= self.ratio


@dataclass(frozen=True)
class Comparison:
    """A subject beside its reference, in one measure."""

    measure: str
    subject: str
    reference: str | tuple[str, ...]
    """Of several, the lowest of each round: the limit where all of them must be passed."""
    target: Target | None = None

    @property
    def references(self) -> tuple[str, ...]:
        return (self.reference,) if isinstance(self.reference, str) else self.reference


@dataclass(frozen=True)
class Subject:
    """Something that can be measured again and again."""

    name: str
    run: Callable[[], Mapping[str, float]]
    """One sample: a value for each of the case's measures."""


@dataclass(frozen=True)
class Case:
    """A benchmark."""

    name: str
    title: str
    about: str
    """What is done, and what the references are. Without figures: those come from the results."""
    measures: tuple[Measure, ...]
    comparisons: tuple[Comparison, ...]
    stage: Callable[[], AbstractContextManager[Sequence[Subject]]]
    """Prepares the subjects, references among them, and clears up."""
    found: str = ""
    """What was made faster, and why a target that is missed is missed. Without figures."""
    needs: str = ""
    """What the machine must have beyond Python: ``root``, ``the local Kubernetes``."""
