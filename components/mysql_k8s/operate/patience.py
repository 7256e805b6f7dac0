"""Tells a passing difficulty from one that stays (pure: the caller brings the clock)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass
class _Sighting:
    first: float
    last: float


@dataclass
class Patience(Generic[Item]):
    """An item has lasted when it was seen for `grace` seconds, however often it went away for less than `gap` seconds.

    The gap matters for crash loops: between two restarts such a container looks healthy for a moment.
    """

    grace: float
    gap: float
    key: Callable[[Item], Hashable]
    _seen: dict[Hashable, _Sighting] = field(default_factory=dict[Hashable, _Sighting])

    def lasted(self, items: Iterable[Item], now: float) -> list[Item]:
        """Note what is seen now and return what has been there for longer than the grace."""
        present = list(items)
        for item in present:
            sighting = self._seen.get(self.key(item))
            if sighting is None or now - sighting.last > self.gap:
                self._seen[self.key(item)] = _Sighting(now, now)
            else:
                sighting.last = now
        return [item for item in present if now - self._seen[self.key(item)].first >= self.grace]
