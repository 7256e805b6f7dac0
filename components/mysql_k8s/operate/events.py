"""What the events of the Kubernetes API say of one object (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from .documents import Json, part, text


def of(thing: Json, events: Iterable[Json]) -> list[Json]:
    uid = text(thing, "metadata", "uid")
    return [event for event in events if uid and text(event, "involvedObject", "uid") == uid]


def latest(events: Iterable[Json], reasons: frozenset[str]) -> Json | None:
    return max((event for event in events if event.get("reason") in reasons), key=_time, default=None)


def standing(events: list[Json], trouble: frozenset[str], progress: frozenset[str]) -> Json | None:
    """The latest event of trouble, unless progress came after it: events stay for an hour."""
    event = latest(events, trouble)
    later = latest(events, progress)
    if event is None or (later is not None and _time(later) >= _time(event)):
        return None
    return event


def _time(event: Json) -> str:
    times = (text(part(event, "series"), "lastObservedTime"), text(event, "lastTimestamp"), text(event, "eventTime"))
    return max(time[:19] for time in times)
