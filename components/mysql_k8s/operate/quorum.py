"""How a group stands, as the members see it that can decide (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from .documents import Json, part, rows, text


def standing(states: Iterable[Json]) -> str | None:
    """One line; nothing where the topology has no group."""
    views = [part(state, "group") for state in states if state.get("group")]
    if not views:
        return None
    deciding = next((view for view in views if view.get("majority")), None)
    if deciding is None:
        return "no member reaches a majority: nothing can be written"
    seats = rows(deciding, "seats")
    missing = [seat for seat in seats if text(seat, "state") != "ONLINE"]
    line = f"{len(seats) - len(missing)} of {len(seats)} members online, majority {len(seats) // 2 + 1}"
    return "; ".join([line, *(f"{text(seat, 'host').partition('.')[0]} is {text(seat, 'state')}" for seat in missing)])
