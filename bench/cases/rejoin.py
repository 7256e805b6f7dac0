"""A replica whose volume was lost gets all data anew, in Kubernetes."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from .. import stacks
from ..case import Case, Comparison, Measure, Subject, Target

SIZE = float(os.environ.get("REJOIN_SIZE", "0.5"))
"""In GB."""

ROW_BYTES = 1 << 20
ROWS_AT_ONCE = 8
LOST = 2
"""The member before it is a replica too, and what both kinds copy from."""

OURS, TUTORIAL = "ours", "the tutorial's"
TIME = Measure("seconds", "time", "s")
RATE = Measure("rate", "throughput", "bytes/s")


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    with stacks.both() as (deployment, tutorial):
        ours = stacks.stack_of(deployment)
        for stack in (tutorial, ours):
            _fill(stack, round(SIZE * 1e9 / ROW_BYTES))
        yield [Subject(OURS, partial(_sample, ours)), Subject(TUTORIAL, partial(_sample, tutorial))]


def _fill(stack: stacks.Stack, rows: int) -> None:
    primary, table = stack.server(0), f"{stack.database}.filler"
    primary.rows(f"CREATE TABLE {table} (id INT PRIMARY KEY, content LONGBLOB)")
    for first in range(1, rows + 1, ROWS_AT_ONCE):
        numbers = f"{stack.database}.seq_{first}_to_{min(rows, first + ROWS_AT_ONCE - 1)}"
        content = f"REPEAT(RANDOM_BYTES(1024), {ROW_BYTES // 1024})"
        primary.rows(f"INSERT INTO {table} SELECT seq, {content} FROM {numbers}")
    stack.until_written(range(1, stacks.MEMBERS))


def _sample(stack: stacks.Stack) -> dict[str, float]:
    began = time.monotonic()
    stack.lose(LOST)
    stack.until_written([LOST])
    seconds = time.monotonic() - began
    (held,) = stack.server(LOST).rows(f"SELECT COUNT(*) AS many FROM {stack.database}.filler")
    return {TIME.name: seconds, RATE.name: held["many"] * ROW_BYTES / seconds}


def comparisons() -> Iterator[Comparison]:
    yield Comparison(TIME.name, OURS, TUTORIAL, Target("at most", 1.0))
    yield Comparison(RATE.name, OURS, TUTORIAL)


CASE = Case(
    name="rejoin",
    title="A replica gets an empty volume",
    about=(
        f"A replica of three loses its pod and its volume, with {SIZE:g} GB of data: from the order until it is ready, "
        "its volume filled from another replica, and shows a row written after that. MariaDB on both sides; the "
        "reference is the tutorial's StatefulSet. Ours streams over TLS with a password, and checks what it received."
    ),
    measures=(TIME, RATE),
    comparisons=tuple(comparisons()),
    stage=stage,
    needs="root, the local Kubernetes, `kubectl`",
)
