"""What a client attempted and what became of it, as the client saw it."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """How a write ended for its client."""

    OK = "acknowledged"
    FAILED = "refused"
    """The server said that it did not do it."""
    UNKNOWN = "unknown"
    """No answer: it may have happened, or may still happen."""


@dataclass(frozen=True)
class Write:
    """One attempt to store ``value``, which no other attempt uses."""

    value: int
    outcome: Outcome
    began: float
    ended: float
    """Times of the client's monotonic clock."""
    gtid: str | None = None
    error: str = ""


class History:
    """The attempts of all writers of one load. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writes: list[Write] = []

    def note(self, write: Write) -> None:
        with self._lock:
            self._writes.append(write)

    def writes(self) -> list[Write]:
        with self._lock:
            return list(self._writes)

    def last_acknowledged(self, most: int) -> list[int]:
        """The values of the newest acknowledged writes."""
        with self._lock:
            newest = (write.value for write in reversed(self._writes) if write.outcome is Outcome.OK)
            return list(itertools.islice(newest, most))

    def acknowledged(self) -> int:
        with self._lock:
            return sum(write.outcome is Outcome.OK for write in self._writes)
