"""One cluster's objects turned into another's. Imported by the measured programs too: it loads nothing."""

from __future__ import annotations

from typing import Any, cast

FIRST = "bench-0"
_LONGEST_NAME = 10_000
"""Characters. Longer texts, such as files in base64, hold no names of objects."""


def renamed(value: Any, name: str) -> Any:
    """The same data for another cluster."""
    if isinstance(value, str):
        return value.replace(FIRST, name) if len(value) < _LONGEST_NAME else value
    if isinstance(value, dict):
        return {renamed(key, name): renamed(item, name) for key, item in cast("dict[str, Any]", value).items()}
    return [renamed(item, name) for item in cast("list[Any]", value)] if isinstance(value, list) else value
