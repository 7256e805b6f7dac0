"""Tells from a plan that an update would change nothing, not even in pulumi's state (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .documents import Json, part, rows, text

STACK = "pulumi:pulumi:Stack"
_MASKED = "[secret]"


def is_settled(digest: Json, events: Iterable[str]) -> bool:
    """Every resource is the same, with its options, and so are the stack's outputs.

    An output that is secret cannot be compared, so it counts as changed: the update is then run, and changes nothing.
    """
    return all(_is_same(step) for step in rows(digest, "steps")) and _outputs_are_same(events)


def _is_same(step: Json) -> bool:
    if text(step, "op") != "same":
        return False
    if text(step, "urn").split("::")[2:3] == [STACK]:
        return True  # its outputs are in the events
    return part(step, "oldState") == part(step, "newState")


def _outputs_are_same(events: Iterable[str]) -> bool:
    found = [_outputs(event) for event in map(_read, events) if _is_of_stack(event)]
    return bool(found) and all(old == new and _MASKED not in json.dumps(new) for old, new in found)


def _read(line: str) -> Json:
    try:
        event: object = json.loads(line)
    except ValueError:
        return {}
    return part({"event": event}, "event")


def _is_of_stack(event: Json) -> bool:
    return text(part(event, "resOutputsEvent", "metadata"), "type") == STACK


def _outputs(event: Json) -> tuple[Json, Json]:
    metadata = part(event, "resOutputsEvent", "metadata")
    return part(metadata, "old", "outputs"), part(metadata, "new", "outputs")
