"""The one sentence that a preview comes down to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import rolling
from .classify import Change, Report
from .effect import Effect
from .step import Step


def headline(report: Report) -> str:
    if not report.changes and not report.refusals:
        return "No change: the cluster is what the stack says."
    parts = [part for effect in reversed(Effect) if (part := _part(report, effect))]
    if not parts:
        parts = [f"{_count(len(report.changes), 'object changes', 'objects change')}, and nothing restarts"]
    if report.refusals:
        parts.append("nothing is changed")
    elif not any(
        change.operation in ("replaced", "deleted") and change.effect is not Effect.NOTHING for change in report.changes
    ):
        parts.append("nothing is replaced")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _part(report: Report, effect: Effect) -> str:
    changes = [change for change in report.changes if change.effect is effect]
    if effect is Effect.REFUSED:
        refused = [*(each.resource for each in report.refusals if each.resource), *(change.name for change in changes)]
        names = ", ".join(dict.fromkeys(refused))
        return f"refused{f': {names}' if names else ''}" if changes or report.refusals else ""
    if not changes:
        return ""
    return _PARTS[effect](changes, report.steps) if effect in _PARTS else ""


def _at_risk(changes: Sequence[Change], _steps: Sequence[Step]) -> str:
    return f"DATA AT RISK: {_named(changes)}"


def _outage(changes: Sequence[Change], _steps: Sequence[Step]) -> str:
    return f"an outage: {_named(changes)}"


def _unclear(changes: Sequence[Change], _steps: Sequence[Step]) -> str:
    return f"not to be told from here: {_named(changes)}"


def _restarts(changes: Sequence[Change], steps: Sequence[Step]) -> str:
    count = _count(len(changes), "rolling restart", "rolling restarts")
    if len(changes) > 1 or changes[0].kind != "StatefulSet":
        return f"{count}: {_named(changes)}"
    step = _step(changes[0], steps)
    return f"{count} of {_count(len(rolling.pods(step)), 'member', 'members')} ({rolling.order(step)})"


def _scaled(what: str) -> Callable[[Sequence[Change], Sequence[Step]], str]:
    def told(changes: Sequence[Change], steps: Sequence[Step]) -> str:
        each = [_step(change, steps) for change in changes]
        numbers = [
            f"{step.name} {rolling.replicas(step.old) if step.old else 0} -> {rolling.replicas(step.new)}"
            for step in each
        ]
        return f"{what}: {', '.join(numbers)}"

    return told


def _grows(changes: Sequence[Change], _steps: Sequence[Step]) -> str:
    sizes = {reason.values for change in changes for reason in change.reasons if reason.values}
    sized = f" ({', '.join(sorted(sizes))})" if sizes else ""
    return f"{_count(len(changes), 'volume grows', 'volumes grow')} online{sized}"


def _run_time(changes: Sequence[Change], _steps: Sequence[Step]) -> str:
    return f"{_count(len(changes), 'object', 'objects')} applied at run time"


_PARTS: dict[Effect, Callable[[Sequence[Change], Sequence[Step]], str]] = {
    Effect.DATA_AT_RISK: _at_risk,
    Effect.OUTAGE: _outage,
    Effect.UNCLEAR: _unclear,
    Effect.MEMBERS_REMOVED: _scaled("members are removed"),
    Effect.ROLLING_RESTART: _restarts,
    Effect.MEMBERS_ADDED: _scaled("members are added"),
    Effect.STORAGE_GROWS: _grows,
    Effect.RUN_TIME: _run_time,
}


def _named(changes: Sequence[Change]) -> str:
    shown = [f"{change.kind} {change.name}" for change in changes[:4]]
    more = [f"{len(changes) - 4} more"] if len(changes) > 4 else []
    return ", ".join([*shown, *more])


def _step(change: Change, steps: Sequence[Step]) -> Step:
    return next(step for step in steps if step.urn == change.urn)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
