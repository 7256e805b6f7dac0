"""Plain Python values out of what the engine sends: its proxies raise on the mere sight of a value not known yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pulumi_policy.proxy import UnknownValueError

Json = dict[str, Any]


class Unknown:
    """A value that is known only once the stack is deployed. False, and empty to iterate over."""

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


def plain(value: Any) -> Any:
    """Dicts, lists, strings, numbers; whole numbers as ``int``; ``UNKNOWN`` for each single value not known yet."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _item(mapping, key) for key in mapping}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        sequence = cast("Sequence[Any]", value)
        return [_item(sequence, index) for index in range(len(sequence))]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def dig(value: Any, *path: str) -> Any:
    """The value at a path of keys: None where there is none, UNKNOWN where the path leads through an unknown value."""
    for key in path:
        if value is UNKNOWN:
            return UNKNOWN
        if not isinstance(value, dict):
            return None
        value = cast(Json, value).get(key)
    return value


def mapping(value: Any) -> Json:
    """``value`` if it is a mapping, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Json]:
    """The mappings in a list."""
    return [cast(Json, item) for item in sequence(value) if isinstance(item, dict)]


def sequence(value: Any) -> list[Any]:
    """``value`` if it is a list, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def has_unknown(value: Any) -> bool:
    """Whether a value not known yet is anywhere in ``value``."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in cast(Json, value).values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in cast("list[Any]", value))
    return value is UNKNOWN


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string in ``value`` with the path to it, such as ``spec.hosts[0]``."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in cast(Json, value).items():
            yield from strings(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from strings(item, f"{path}[{index}]")
