"""Files as bytes that somebody copies: how many there are, and how fast that was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .case import Measure

RATE = Measure("rate", "throughput", "bytes/s")
TIME = Measure("seconds", "time", "s")


def sample(files: list[Path], run: Callable[[], float]) -> dict[str, float]:
    """What a run copies that takes so many seconds, the files read from the disk."""
    forget(files)
    seconds = run()
    return {RATE.name: on_disk(files) / seconds, TIME.name: seconds}


def on_disk(files: list[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def forget(files: list[Path]) -> None:
    """Take files out of the page cache, so that they are read from the disk."""
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
