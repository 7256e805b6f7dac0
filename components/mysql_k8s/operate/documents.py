"""Reads fields of JSON documents, where anything may be absent (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

Json = dict[str, Any]


def part(document: Mapping[str, Any] | None, *path: str) -> Json:
    """The object at the path; an empty one where there is none."""
    found: object = document
    for key in path:
        found = cast("Mapping[str, object]", found).get(key) if isinstance(found, Mapping) else None
    return cast("Json", found) if isinstance(found, dict) else {}


def rows(document: Mapping[str, Any] | None, *path: str) -> list[Json]:
    """The list of objects at the path; an empty one where there is none."""
    found: object = part(document, *path[:-1]).get(path[-1])
    return [row for row in cast("list[object]", found) if isinstance(row, dict)] if isinstance(found, list) else []


def text(document: Mapping[str, Any] | None, *path: str) -> str:
    """The value at the path as text; empty where there is none."""
    found: object = part(document, *path[:-1]).get(path[-1])
    return "" if found is None else str(found)


def name_of(thing: Mapping[str, Any]) -> str:
    return text(thing, "metadata", "name")


def sentence(words: str) -> str:
    """On one line, and with a full stop."""
    line = " ".join(words.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."
