"""The configuration that a program gets, from Pulumi.yaml and Pulumi.<stack>.yaml (pure).

Secrets are not decrypted: a placeholder takes their place before the program runs, so none can come out of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

SECRET = "<secret>"
"""Stands for every secret value."""


@dataclass(frozen=True)
class Configuration:
    """``values``: by full key, as the engine passes them: text, or JSON. ``secrets``: the keys that are secret."""

    values: Mapping[str, str]
    secrets: frozenset[str]


def configuration(project: str, declared: Mapping[str, Any], stack: Mapping[str, Any]) -> Configuration:
    """The defaults that the project declares, and over them what the stack sets.

    ``declared``: ``config`` of Pulumi.yaml; ``stack``: ``config`` of Pulumi.<stack>.yaml.
    """
    values: dict[str, Any] = {}
    hidden: set[str] = set()
    for key, entry in declared.items():
        full = _full_key(project, key)
        if not isinstance(entry, Mapping):
            values[full] = entry
            continue
        schema = cast("Mapping[str, Any]", entry)
        values.update((full, schema[word]) for word in ("default", "value") if word in schema)
        if schema.get("secret"):
            hidden.add(full)
    values |= {_full_key(project, key): value for key, value in stack.items()}
    hidden |= {key for key, value in values.items() if _has_ciphertext(value)}
    passed = {key: _text(_without_secrets(value, key in hidden)) for key, value in values.items()}
    return Configuration(passed, frozenset(hidden & passed.keys()))


def _full_key(project: str, key: str) -> str:
    """Pulumi: a key without a namespace belongs to the project; ``:config:`` is how older versions wrote ``:``."""
    return key.replace(":config:", ":") if ":" in key else f"{project}:{key}"


def _has_ciphertext(value: object) -> bool:
    if _is_ciphertext(value):
        return True
    if isinstance(value, Mapping):
        return any(map(_has_ciphertext, cast("Mapping[str, object]", value).values()))
    return isinstance(value, list) and any(map(_has_ciphertext, cast("list[object]", value)))


def _is_ciphertext(value: object) -> bool:
    return isinstance(value, Mapping) and list(cast("Mapping[str, object]", value)) == ["secure"]


def _without_secrets(value: Any, secret: bool) -> Any:
    """In a value that is secret as a whole, every text gives way; else those that are encrypted."""
    if _is_ciphertext(value) or (secret and isinstance(value, str)):
        return SECRET
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        whole = secret and not _has_ciphertext(table)
        return {key: _without_secrets(item, whole) for key, item in table.items()}
    if isinstance(value, list):
        rows = cast("list[Any]", value)
        whole = secret and not _has_ciphertext(rows)
        return [_without_secrets(item, whole) for item in rows]
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
