"""Measures subjects and references in turn, so that what else runs on the machine meets all of them alike."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from .case import Subject
from .samples import Sample


def one_round(subjects: Sequence[Subject], number: int) -> Iterator[Sample]:
    """A sample of each subject. Every round begins with another subject, so that none is always the first."""
    for subject in rotated(subjects, number):
        yield sample(subject, number)


def rotated(subjects: Sequence[Subject], by: int) -> list[Subject]:
    start = by % len(subjects)
    return [*subjects[start:], *subjects[:start]]


def sample(subject: Subject, number: int) -> Sample:
    began, before = datetime.now(UTC).isoformat(timespec="seconds"), os.getloadavg()[0]
    values = dict(subject.run())
    return Sample(subject.name, number, began, round(before, 2), round(os.getloadavg()[0], 2), values)
