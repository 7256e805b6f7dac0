"""When transactions were committed, where their events do not tell. Pure.

MariaDB's events have the second in which a statement began, by a clock that any client may set for its session. So
while the archive follows, it notes how far the primary has come, by the primary's clock: a *mark*. Numbers only grow
along a history, so what is above a mark's number was committed after it, and the rest before.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence

from .events import Begin

Mark = tuple[int, int]
"""A number, and when everything up to it was executed: microseconds since 1970."""


def timed(begins: Iterable[Begin], marks: Sequence[Mark]) -> Iterator[Begin]:
    """The same, each with a time that is never after its commit; ``marks`` in order. Without any, as events tell."""
    numbers = [number for number, _ in marks]
    for begin in begins:
        at = bisect.bisect_left(numbers, begin.number)  # the first mark that has it
        low = marks[at - 1][1] if at else 0
        high = marks[at][1] if at < len(marks) else None
        believed = low <= begin.committed and (high is None or begin.committed <= high)
        yield begin if believed else begin._replace(committed=low)


def add(marks: list[Mark], mark: Mark) -> None:
    """Append one; of several with the same number the first and the last tell everything."""
    if len(marks) > 1 and marks[-1][0] == marks[-2][0] == mark[0]:
        marks.pop()
    marks.append(mark)


def since(marks: Sequence[Mark], number: int) -> list[Mark]:
    """What tells of transactions above this number: the last mark that is not above it, and all later ones."""
    before = [mark for mark in marks if mark[0] <= number]
    return [*before[-1:], *(mark for mark in marks if mark[0] > number)]
