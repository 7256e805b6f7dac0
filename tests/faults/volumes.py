"""A volume without room."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from cluster.support.small_volumes import BALLAST

from .debts import Remove
from .scene import Scene


@contextmanager
def full(scene: Scene) -> Generator[None]:
    """From one moment to the next. Only the cluster's own small volume is filled, never the machine's disk."""
    volume = scene.volume
    with scene.ledger.owing(Remove(str(volume.folder / BALLAST))):
        volume.fill(leave_mib=0)
        yield
