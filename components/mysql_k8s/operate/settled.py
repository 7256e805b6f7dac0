"""Tells from a plan that an update would change nothing, not even in pulumi's state (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ..changes.event_log import events
from .documents import Json, part, rows, text

STACK = "pulumi:pulumi:Stack"
_MASKED = "[secret]"


def is_settled(digest: Json, event_log: Iterable[str]) -> bool:
    """Every resource is the same, with its options, and so are the stack's outputs.

    An output that is secret cannot be compared, so it counts as changed: the update is then run, and changes nothing.
    """
    return all(_is_same(step) for step in rows(digest, "steps")) and _outputs_are_same(event_log)


def recorded_outputs(deployment: Json) -> Json:
    """The outputs of a stack that is settled, as its last run left them: none of them is secret."""
    return part(next((row for row in rows(deployment, "resources") if text(row, "type") == STACK), None), "outputs")


def _is_same(step: Json) -> bool:
    if text(step, "op") != "same":
        return False
    if text(step, "urn").split("::")[2:3] == [STACK]:
        return True  # its outputs are in the events
    return part(step, "oldState") == part(step, "newState")


def _outputs_are_same(event_log: Iterable[str]) -> bool:
    written = [part(event, "metadata") for event in events(event_log, "resOutputsEvent")]
    found = [(part(each, "old", "outputs"), part(each, "new", "outputs")) for each in written if _is_stack(each)]
    return bool(found) and all(old == new and _MASKED not in json.dumps(new) for old, new in found)


def _is_stack(metadata: Json) -> bool:
    return text(metadata, "type") == STACK
