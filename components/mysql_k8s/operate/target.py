"""Which MySQL cluster a stack is about: its name and namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_NAME = "mysql"
DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True)
class Target:
    name: str
    namespace: str


def declared(config: Mapping[str, Any]) -> Target:
    """What the stack file says (pure). Its keys may stand alone (`x:name`) or inside one object (`x:cluster`)."""
    return Target(_value(config, "name") or DEFAULT_NAME, _value(config, "namespace") or DEFAULT_NAMESPACE)


def deployed(outputs: Mapping[str, Any], otherwise: Target) -> Target:
    """What the stack's outputs say; a first run that did not end has none yet."""
    return Target(
        str(outputs.get("name") or otherwise.name),
        str(outputs.get("namespace") or otherwise.namespace),
    )


def _value(config: Mapping[str, Any], key: str) -> str | None:
    for full, value in config.items():
        package, _, own = full.rpartition(":")
        if package in ("kubernetes", "pulumi"):
            continue
        if own == key and isinstance(value, str):
            return value
        if isinstance(value, dict) and isinstance(value.get(key), str):
            return value[key]
    return None
