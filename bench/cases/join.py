"""How fast a new member takes all data from another one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from .. import hardware
from ..case import Case, Comparison, Subject, Target
from ..copying import RATE, TIME, on_disk, sample
from ..pair import Pair
from ..root_filesystem import rootfs_of

SIZES = tuple(float(size) for size in os.environ.get("SIZES", "0.5,2").split(","))
"""In GB. SIZES=0.5,2,8 adds the largest, which takes minutes a sample."""

JOIN, COPY, STREAM, TLS = "a member joins", "copy on the disk", "loopback TCP", "loopback TCP with TLS"


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    rootfs = rootfs_of("mysql", "join")
    with ExitStack() as stack:
        subjects: list[Subject] = []
        for number, size in enumerate(SIZES):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            pair = Pair(number, folder, rootfs, stack.enter_context(pytest.MonkeyPatch.context()))
            stack.callback(pair.end)
            pair.begin(int(size * 1e9))
            subjects += _subjects(size, pair, folder)
        yield subjects


def _subjects(size: float, pair: Pair, folder: Path) -> Iterator[Subject]:
    yield Subject(named(JOIN, size), partial(_sample, pair, pair.join))
    yield Subject(named(COPY, size), partial(_sample, pair, lambda: hardware.copy_seconds(pair.files, folder)))
    yield Subject(named(STREAM, size), partial(_sample, pair, lambda: hardware.stream_seconds(on_disk(pair.files))))
    with_tls = partial(hardware.stream_seconds, tls=folder / "tls")
    yield Subject(named(TLS, size), partial(_sample, pair, lambda: with_tls(on_disk(pair.files))))


def _sample(pair: Pair, run: Callable[[], float]) -> dict[str, float]:
    return sample(pair.files, run)


def named(what: str, size: float) -> str:
    return f"{what}, {size:g} GB"


def comparisons() -> Iterator[Comparison]:
    for size in (0.5, 2.0, 8.0):
        limit = (named(COPY, size), named(STREAM, size))
        yield Comparison(RATE.name, named(JOIN, size), limit, Target("at least", 0.8))
        yield Comparison(RATE.name, named(JOIN, size), named(TLS, size))


CASE = Case(
    name="join",
    title="A new member joins",
    about=(
        "An empty member clones all data from another one: from the order until it answers again with all of it, "
        "restart included, over TLS. Both are real servers on this machine, with the settings and scripts of the pods "
        "but without Kubernetes. The limit is the slower of a copy of the same files on the same disk, out of no cache "
        "and until it is written, and of as many bytes over the loopback interface."
    ),
    found=(
        "Some seconds of a join are not copying, however much there is to copy (`performance_schema.clone_progress`): "
        "the server stops, starts again and recovers. So the smallest one is far from the limit, and the largest one "
        "beyond it: who takes a clone writes past the page cache, and by more threads as it goes on, where the copy "
        "that stands for the disk passes through the cache in one."
    ),
    measures=(RATE, TIME),
    comparisons=tuple(comparisons()),
    stage=stage,
    needs="root",
)
