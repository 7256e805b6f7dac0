"""One step of a preview: a resource, what is done to it, and which of its properties change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from .documents import ABSENT, Json, Path, at, differences, is_map, parse, write

LIBRARY = {"app.kubernetes.io/part-of": "mysql-k8s"}

REPLACING = frozenset({"replace", "create-replacement", "delete-replaced", "import-replacement", "read-replacement"})
DELETING = frozenset({"delete", "discard", "discard-replaced", "remove-pending-replace"})


@dataclass(frozen=True)
class Property:
    path: Path
    old: Any
    new: Any
    replaces: bool

    @property
    def text(self) -> str:
        return write(self.path)


@dataclass(frozen=True)
class Step:
    op: str
    urn: str
    type: str
    """The whole type: ``kubernetes:apps/v1:StatefulSet``"""
    old: Json
    """Inputs, as the stack knows them"""
    new: Json
    """Inputs, as the program wants them"""
    properties: tuple[Property, ...]
    custom: bool
    retained: bool
    """Pulumi forgets it, and leaves the object alone."""

    @property
    def resource(self) -> str:
        """The name in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def kind(self) -> str:
        """``StatefulSet``; of a patch, what is patched."""
        kind = self.type.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
        return kind.removesuffix("Patch") if self.is_kubernetes else kind

    @property
    def is_patch(self) -> bool:
        return self.is_kubernetes and self.type.endswith("Patch")

    @property
    def is_kubernetes(self) -> bool:
        return self.type.startswith("kubernetes:")

    @property
    def group(self) -> str:
        """``apps`` in ``kubernetes:apps/v1:StatefulSet``"""
        return self.type.split(":")[1].split("/")[0] if self.type.count(":") >= 2 else ""

    @property
    def present(self) -> Json:
        """The newest that is known of it."""
        return self.new or self.old

    @property
    def name(self) -> str:
        """The object's name, else the name in the program."""
        found = at(self.present, ("metadata", "name"))
        return found if isinstance(found, str) and found else self.resource

    @property
    def namespace(self) -> str:
        found = at(self.present, ("metadata", "namespace"))
        return found if isinstance(found, str) else ""

    @property
    def is_ours(self) -> bool:
        labels = at(self.present, ("metadata", "labels"))
        return is_map(labels) and LIBRARY.items() <= cast("Json", labels).items()


def steps(digest: Mapping[str, Any]) -> list[Step]:
    """The steps that change something. Several steps of one replacement are one."""
    merged: dict[str, Step] = {}
    for entry in _maps(digest.get("steps")):
        step = read(entry)
        if step.op in ("same", "refresh"):
            continue
        before = merged.get(step.urn)
        merged[step.urn] = step if before is None else _together(before, step)
    return list(merged.values())


def read(entry: Json) -> Step:
    old, new = _map(entry.get("oldState")), _map(entry.get("newState"))
    before, after = _map(old.get("inputs")), _map(new.get("inputs"))
    urn = str(entry.get("urn") or "")
    return Step(
        op=str(entry.get("op") or ""),
        urn=urn,
        type=str(new.get("type") or old.get("type") or _type(urn)),
        old=before,
        new=after,
        properties=tuple(_properties(entry, before, after)),
        custom=bool(new.get("custom", old.get("custom", True))),
        retained=bool(old.get("retainOnDelete")),
    )


def _properties(entry: Json, old: Json, new: Json) -> list[Property]:
    """Those that the engine names, taken apart to the innermost difference; else what differs in the inputs."""
    if not old or not new:
        return []
    replacing = {parse(str(path)) for path in _list(entry.get("replaceReasons"))}
    found: dict[Path, Property] = {}
    for text, detail in _map(entry.get("detailedDiff")).items():
        path = parse(text)
        replaces = path in replacing or str(_map(detail).get("kind", "")).endswith("-replace")
        inner = list(differences(at(old, path), at(new, path), path)) or [(path, at(old, path), at(new, path))]
        for place, before, after in inner:
            found[place] = Property(place, before, after, replaces)
    if not found:
        for place, before, after in differences(old, new):
            found[place] = Property(place, before, after, any(place[: len(each)] == each for each in replacing))
    for path in replacing:
        if not any(place[: len(path)] == path for place in found):
            found[path] = Property(path, at(old, path), at(new, path), True)
    return [found[place] for place in sorted(found, key=str)]


def _together(one: Step, other: Step) -> Step:
    op = next((op for op in (one.op, other.op) if op in REPLACING), None)
    op = op or ("replace" if {one.op, other.op} & DELETING else other.op)
    return Step(
        op,
        one.urn,
        one.type,
        one.old or other.old,
        other.new or one.new,
        one.properties or other.properties,
        one.custom,
        one.retained or other.retained,
    )


def _type(urn: str) -> str:
    parts = urn.split("::")
    return parts[2].split("$")[-1] if len(parts) > 3 else ""


def _map(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _maps(value: object) -> list[Json]:
    return [cast("Json", entry) for entry in _list(value) if isinstance(entry, dict)]


def is_absent(value: object) -> bool:
    return value is ABSENT or value is None
