"""How fast all data of another member arrives: on average since the copy was first seen. Pure."""

from __future__ import annotations


class CopyRate:
    """Tell it of every round: a copy that has less than before is another one."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._first = self._last = 0

    def at(self, now: float, done: int | None) -> float:
        """Bytes per second. ``now`` in seconds; ``done`` in bytes, None: nothing is copied."""
        if done is None:
            self._began = None
            return 0.0
        if self._began is None or done < self._last:
            self._began, self._first = now, done
        self._last = done
        return (done - self._first) / (now - self._began) if now > self._began else 0.0
