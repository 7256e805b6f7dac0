"""The effect of every changed resource of a preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from . import arguments, contents, foreign, keeper, objects, stateful_set, workloads
from .effect import Effect, Reason, worst
from .refusals import Refusal, notes, output, refusals
from .secrecy import Scrubber, shown
from .step import DELETING, REPLACING, Property, Step, steps

OPERATIONS = {"create": "new", "update": "changed", "delete": "deleted", "replace": "replaced", "import": "imported"}


@dataclass(frozen=True)
class Change:
    """What happens to one resource."""

    urn: str
    kind: str
    name: str
    namespace: str
    operation: str
    """new, changed, deleted, replaced, forgotten, read, imported"""
    reasons: tuple[Reason, ...]
    lines: tuple[str, ...] = ()
    """Contents that differ, where they may be shown"""

    @property
    def effect(self) -> Effect:
        return worst(self.reasons)


@dataclass(frozen=True)
class Report:
    changes: tuple[Change, ...]
    """Worst first, then by kind and name: the order depends on nothing else."""
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]
    """Warnings, and advice of policies"""
    output: tuple[str, ...]
    """What the program prints"""
    unchanged: int
    steps: tuple[Step, ...]

    @property
    def effect(self) -> Effect:
        found = [Reason(change.effect, "") for change in self.changes]
        return worst([*found, *(Reason(Effect.REFUSED, "") for _ in self.refusals)])


def classify(digest: Mapping[str, Any]) -> Report:
    """Of the document that `pulumi preview --json` prints."""
    found = [step for step in steps(digest) if not _is_quiet(step)]
    scrub = Scrubber(found, [part for step in found for part in _documents(digest, step)])
    renewed = contents.renewals(found)
    paired = {step.urn for renewal in renewed for step in (renewal.old, renewal.new)}
    changes = [change_of(step) for step in found if step.urn not in paired]
    changes += [_renewal(renewal) for renewal in renewed]
    return Report(
        changes=tuple(sorted((_scrubbed(change, scrub) for change in changes), key=_place)),
        refusals=tuple(Refusal(scrub(each.resource), scrub(each.message), each.way_out) for each in refusals(digest)),
        notes=tuple(scrub(note) for note in notes(digest)),
        output=tuple(scrub(line) for line in output(digest)),
        unchanged=_unchanged(digest),
        steps=tuple(found),
    )


def change_of(step: Step) -> Change:
    reasons, operation = _judge(step)
    return Change(step.urn, _kind(step), step.name, step.namespace, operation, tuple(dict.fromkeys(reasons)))


def _judge(step: Step) -> tuple[list[Reason], str]:
    if step.op in REPLACING:
        causes = [_told(step, change, _replaced(step)) for change in step.properties if change.replaces]
        return causes or [_replaced(step)], "replaced"
    if step.op in DELETING:
        if step.retained:
            return [Reason(Effect.NOTHING, "Pulumi forgets it; the object itself stays.")], "forgotten"
        return [_deleted(step)], "deleted"
    if step.op in ("read", "discard", "import", "read-discard"):
        return [Reason(Effect.NOTHING, "It is looked up, not changed.")], OPERATIONS.get(step.op, "read")
    if step.op == "create":
        return [_created(step)], "new"
    if step.op == "update" or step.properties:
        return _updates(step), "changed"
    return [
        Reason(Effect.UNCLEAR, f"The operation {step.op or 'without a name'} is not known here.")
    ], step.op or "unknown"


def _updates(step: Step) -> list[Reason]:
    """One reason for each property; many properties of one effect and argument are told once."""
    if not step.is_kubernetes:
        return [foreign.updated(step, change) for change in step.properties or [None]]
    if not step.properties:
        return [Reason(Effect.NOTHING, "Nothing of the object changes.")]
    told: dict[tuple[str, str, str], Reason] = {}
    for change in step.properties:
        reason = _told(step, change, _replaced(step) if change.replaces else _updated(step, change))
        told.setdefault((reason.why, reason.argument, reason.values and reason.path), reason)
    return list(told.values())


def _told(step: Step, change: Property, reason: Reason) -> Reason:
    return replace(reason, path=change.text, values=shown(change), argument=arguments.behind(step, change))


def _updated(step: Step, change: Property) -> Reason:
    if step.kind == "StatefulSet":
        return _set_of(step).updated(step, change)
    if step.kind in workloads.KINDS:
        return workloads.updated(step, change)
    if step.is_ours and (reason := arguments.at_run_time(step, change)) is not None:
        return reason
    return objects.updated(step, change, objects.rule_of(step))


def _set_of(step: Step) -> ModuleType:
    """Who knows what becomes of a StatefulSet."""
    return keeper if keeper.is_keeper(step) else stateful_set


def _created(step: Step) -> Reason:
    if not step.is_kubernetes:
        return foreign.created(step)
    if step.is_patch:
        return Reason(
            Effect.NOTHING, "It sets only what it names on an object that exists; the same value is no change."
        )
    if step.kind == "StatefulSet":
        return _set_of(step).created(step)
    return workloads.created(step) if step.kind in workloads.KINDS else objects.rule_of(step).create


def _deleted(step: Step) -> Reason:
    if not step.is_kubernetes:
        return foreign.deleted(step)
    if step.is_patch:
        return Reason(
            Effect.UNCLEAR, "Fields that only it set are taken off the object, which may fall back or be refused."
        )
    if step.kind == "StatefulSet":
        return _set_of(step).deleted(step)
    return workloads.deleted(step) if step.kind in workloads.KINDS else objects.rule_of(step).delete


def _replaced(step: Step) -> Reason:
    if not step.is_kubernetes:
        return foreign.replaced(step)
    if step.kind == "StatefulSet":
        return _set_of(step).replaced(step)
    return workloads.replaced(step) if step.kind in workloads.KINDS else objects.rule_of(step).replace


def _renewal(renewal: contents.Renewal) -> Change:
    why = "A new content is an object of its own: it changes nothing by itself; pods restart where they are to read it."
    reason = Reason(Effect.NOTHING, why, argument=arguments.of_content(renewal))
    new = renewal.new
    name = f"{renewal.base}-*"
    return Change(new.urn, "ConfigMap", name, new.namespace, "changed", (reason,), tuple(contents.lines(renewal)))


def _is_quiet(step: Step) -> bool:
    return foreign.is_bookkeeping(step)


def _kind(step: Step) -> str:
    return f"{step.kind} (patch)" if step.is_patch else step.kind


def _documents(digest: Mapping[str, Any], step: Step) -> list[object]:
    return [step.old, step.new, *(part for part in (step.old.get("outputs"), step.new.get("outputs")) if part)]


def _scrubbed(change: Change, scrub: Scrubber) -> Change:
    reasons = tuple(
        replace(reason, why=scrub(reason.why), path=scrub(reason.path), values=scrub(reason.values))
        for reason in change.reasons
    )
    lines = tuple(scrub(line) for line in change.lines)
    return replace(change, name=scrub(change.name), reasons=reasons, lines=lines)


def _place(change: Change) -> tuple[int, str, str, str, str]:
    return -change.effect.severity, change.kind, change.namespace, change.name, change.urn


def _unchanged(digest: Mapping[str, Any]) -> int:
    summary: Any = digest.get("changeSummary")
    return int(summary.get("same", 0)) if isinstance(summary, dict) else 0  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
