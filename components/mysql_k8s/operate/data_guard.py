"""What a planned run would destroy without being told to (pure).

Pulumi's plan says which objects it would delete or replace. One that holds data goes only if the stack configuration
names it. The policy pack sees the same earlier, where it can: it knows no plan and has to foresee replacements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from .documents import Json, part, text

ALLOW = "allowDataLoss"
"""Key of the stack configuration, in the project's namespace: a list of ``Kind/name`` or names."""

LOST_WITH = {
    "kubernetes:apps/v1:StatefulSet": "its pods, and its claims where its retention policy says so",
    "kubernetes:core/v1:PersistentVolumeClaim": "the data on its volume",
    "kubernetes:core/v1:PersistentVolume": "the way to the data on it",
    "kubernetes:core/v1:Secret": "the credentials in it",
    "kubernetes:core/v1:Namespace": "everything in it",
}
_MADE_AGAIN = ("kubernetes.io/service-account-token", "helm.sh/release.v1", "bootstrap.kubernetes.io/token")
_REPLACES = ("replace", "create-replacement", "delete-replaced")


@dataclass(frozen=True)
class Refusal:
    """An object that a run would destroy."""

    name: str
    """``Kind/name``, as `allowDataLoss` takes it"""
    urn: str
    replaced: bool
    """False: deleted for good"""
    because: tuple[str, ...]
    """the changed fields that force a replacement, such as ``spec.selector``"""
    lost: str

    def __str__(self) -> str:
        what = "replaced" if self.replaced else "deleted"
        why = f" (changed: {', '.join(self.because)})" if self.because else ""
        return f"{self.name} would be {what}{why}, and with it {self.lost}."


def refusals(steps: Iterable[Json], allowed: Sequence[str]) -> list[Refusal]:
    """``steps`` of `pulumi preview --json`; ``allowed``: of the stack configuration. One refusal per object."""
    found: dict[str, Refusal] = {}
    for step in steps:
        refusal = _refusal(step)
        if refusal and not _names(step, refusal).intersection(allowed):
            earlier = found.get(refusal.urn)
            if earlier is None or (not earlier.because and refusal.because):
                found[refusal.urn] = refusal
    return list(found.values())


def allowed(config: Mapping[str, Any], project: str) -> list[str]:
    """What the configuration of a stack file names. A single name counts as a list of one."""
    given: object = config.get(f"{project}:{ALLOW}") or []
    names = cast("list[object]", given) if isinstance(given, list) else [given]
    return [str(name) for name in names]


def message(found: Sequence[Refusal], project: str) -> str:
    """What the run ends with."""
    names = ", ".join(refusal.name for refusal in found)
    lines = [f"  {refusal}" for refusal in found]
    way_out = f"If that is meant, name it in the stack file: {project}:{ALLOW}: [{names}]"
    return "\n".join(["This run would destroy what holds data:", *lines, way_out])


def _refusal(step: Json) -> Refusal | None:
    old = part(step, "oldState")
    operation, kind = text(step, "op"), text(old, "type")
    if operation not in ("delete", *_REPLACES) or kind not in LOST_WITH:
        return None
    if old.get("external") or old.get("delete"):
        return None
    replaced = operation in _REPLACES
    if old.get("retainOnDelete") and not replaced:
        return None
    if part(old, "inputs").get("type") in _MADE_AGAIN:
        return None
    reasons = cast("list[object]", step.get("replaceReasons") or [])
    because = tuple(str(reason) for reason in reasons)
    return Refusal(_title(old), text(step, "urn"), replaced, because, LOST_WITH[kind])


def _title(old: Json) -> str:
    kind = text(old, "type").rpartition(":")[2]
    named = part(part(old, "inputs"), "metadata").get("name")
    return f"{kind}/{named if isinstance(named, str) else text(old, 'urn').rpartition('::')[2]}"


def _names(step: Json, refusal: Refusal) -> set[str]:
    in_program = text(step, "urn").rpartition("::")[2]
    return {refusal.name, refusal.name.partition("/")[2], in_program, refusal.urn}
