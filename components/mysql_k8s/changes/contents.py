"""ConfigMaps with a digest in the name: a new content is a new object, and what a reader wants to see is the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .documents import at, is_map
from .secrecy import MASK
from .step import Step

_DIGEST = re.compile(r"(.+)-[0-9a-f]{10}")
_SETTING = re.compile(r"\s*([A-Za-z][\w.-]*)\s*(?:=\s*(.*?))?\s*")
_SPEAKS_OF_SECRETS = re.compile(r"pass|secret|token|key|credential|auth", re.I)


@dataclass(frozen=True)
class Renewal:
    """The old content, the new one, and the name that both have before the digest."""

    base: str
    old: Step
    new: Step


def renewals(steps: list[Step]) -> list[Renewal]:
    """Pairs of a ConfigMap that goes and one that comes, of one name but for the digest."""
    gone = {_place(step): step for step in steps if step.op == "delete" and _is_hashed(step)}
    found: list[Renewal] = []
    for step in steps:
        if step.op == "create" and _is_hashed(step) and (old := gone.pop(_place(step), None)) is not None:
            found.append(Renewal(_place(step)[1], old, step))
    return found


def lines(renewal: Renewal) -> list[str]:
    """What differs, file by file: settings of my.cnf with both values, of other files only that they do."""
    if not renewal.new.is_ours:
        return [f"{name}: another content" for name, _, _ in _files(renewal)]
    return [line for name, old, new in _files(renewal) for line in _of_file(name, old, new)]


def _of_file(name: str, old: object, new: object) -> Iterator[str]:
    if not name.endswith(".cnf") or not isinstance(old, str) or not isinstance(new, str):
        yield f"{name}: another content"
        return
    before, after = _settings(old), _settings(new)
    for setting in sorted({*before, *after}):
        if before.get(setting) != after.get(setting):
            values = (_shown(setting, settings.get(setting)) for settings in (before, after))
            yield f"{name}: {setting}: {' -> '.join(values)}"


def _settings(text: str) -> Mapping[str, str]:
    matches = (_SETTING.fullmatch(line) for line in text.splitlines() if not line.lstrip().startswith(("#", "[")))
    return {match[1].replace("-", "_"): match[2] or "" for match in matches if match}


def _shown(setting: str, value: str | None) -> str:
    if value is None:
        return "unset"
    return MASK if _SPEAKS_OF_SECRETS.search(setting) and not value.isdigit() else value or "on"


def _files(renewal: Renewal) -> Iterator[tuple[str, object, object]]:
    for field in ("data", "binaryData"):
        old, new = (_map(at(step.present, (field,))) for step in (renewal.old, renewal.new))
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield name, old.get(name), new.get(name)


def _map(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if is_map(value) else {}


def _is_hashed(step: Step) -> bool:
    return step.is_kubernetes and step.kind == "ConfigMap" and _DIGEST.fullmatch(step.name) is not None


def _place(step: Step) -> tuple[str, str]:
    match = _DIGEST.fullmatch(step.name)
    return step.namespace, match[1] if match else step.name
