"""What a person needs after a good `up` (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOSTS = {"primary_host": "writes", "read_host": "reads"}


def hosts(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Label and address of each service that clients use."""
    port = outputs.get("port", 3306)
    return {label: f"{outputs[key]}:{port}" for key, label in HOSTS.items() if outputs.get(key)}


def secret_names(outputs: Mapping[str, Any]) -> list[str]:
    """The Secrets with ready connection URLs."""
    found: list[str] = []
    for key, value in outputs.items():
        if "secret" in key:
            found.extend(_names(value))
    return list(dict.fromkeys(found))


def summary(outputs: Mapping[str, Any], stack: str, seconds: float) -> str:
    rows = [*hosts(outputs).items(), *(("secret", name) for name in secret_names(outputs))]
    suffix = "" if stack == "dev" else f" STACK={stack}"
    rows.append(("next", f"make status{suffix} | make sql{suffix} | make outputs{suffix}"))
    width = max(len(label) for label, _ in rows)
    lines = [f"  {label:<{width}}  {text}" for label, text in rows]
    return "\n".join([f"\nDone in {seconds:.0f} s.", *lines])


def _names(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [str(name) for name in value.values()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [str(name) for name in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return []
