"""Reads what `pulumi preview --event-log` writes: the events that `--json` leaves out (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast


def events(lines: Iterable[str], kind: str) -> Iterator[dict[str, Any]]:
    """The events of one kind, such as ``policyEvent``. Lines that hold no event are passed over."""
    for line in lines:
        try:
            event: object = json.loads(line)
        except ValueError:
            continue
        found = cast("dict[str, Any]", event).get(kind) if isinstance(event, dict) else None
        if isinstance(found, dict):
            yield cast("dict[str, Any]", found)
