"""Property paths as pulumi writes them, and what lies at them in a document of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

Json = dict[str, Any]
Path = tuple[str | int, ...]

ABSENT: Any = object()

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')


def parse(path: str) -> Path:
    """``data["my.cnf"]`` and ``volumes[1].name`` as their steps. What is not understood becomes one step."""
    found: list[str | int] = []
    end = 0
    for match in _STEP.finditer(path):
        if match.start() != end:
            return (path,)
        end = match.end()
        quoted, index, plain = match.groups()
        found.append(int(index) if index is not None else plain if plain is not None else quoted.replace('\\"', '"'))
    return tuple(found) if end == len(path) else (path,)


def write(path: Path) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def pattern(path: Path) -> str:
    """The path without its indices, for comparing with what rules name: ``spec.containers[].image``."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def at(document: object, path: Path) -> Any:
    """What lies at the path, or ABSENT."""
    for step in path:
        if isinstance(step, int):
            items = cast("list[object]", document) if isinstance(document, list) else []
            document = items[step] if step < len(items) else ABSENT
        else:
            document = cast("Mapping[str, object]", document).get(step, ABSENT) if is_map(document) else ABSENT
        if document is ABSENT:
            return ABSENT
    return document


def is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def differences(old: object, new: object, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Each innermost place where two documents differ, with both values."""
    if old == new and type(old) is type(new):
        return
    if is_map(old) and is_map(new):
        before, after = cast("Json", old), cast("Json", new)
        for key in sorted({*before, *after}, key=str):
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, str(key)))
    elif (first := _items(old)) is not None and (second := _items(new)) is not None:
        for index in range(max(len(first), len(second))):
            yield from differences(_item(first, index), _item(second, index), (*path, index))
    elif is_map(old) and new is ABSENT and old:
        yield from differences(old, {}, path)
    elif is_map(new) and old is ABSENT and new:
        yield from differences({}, new, path)
    else:
        yield path, old, new


def _items(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _item(items: list[object], index: int) -> object:
    return items[index] if index < len(items) else ABSENT


def strings(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a document, with its place."""
    if isinstance(value, str):
        yield path, value
    elif is_map(value):
        for key, item in cast("Json", value).items():
            yield from strings(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from strings(item, (*path, index))
