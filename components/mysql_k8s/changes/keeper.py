"""What a change of the keeper of the archive does: a StatefulSet of ours that has no member of the cluster."""

from __future__ import annotations

from . import stateful_set
from .documents import at
from .effect import Effect, Reason
from .step import Property, Step

_NAME = ("spec", "selector", "matchLabels", "app.kubernetes.io/name")
_RESTARTS = "It restarts, and archives on from where it was. No member of the cluster does."


def is_keeper(step: Step) -> bool:
    return step.is_ours and at(step.present, _NAME) == "mysql-backup"


def created(_step: Step) -> Reason:
    return Reason(Effect.NOTHING, "It starts to archive. No member of the cluster restarts.")


def deleted(step: Step) -> Reason:
    found = stateful_set.deleted(step)
    if found.effect is Effect.DATA_AT_RISK:
        return found
    why = (
        "Nothing is archived any more: what is written from now on cannot be restored. No member of the cluster stops."
    )
    return Reason(Effect.RUN_TIME, why)


def replaced(step: Step) -> Reason:
    """Its claim is the target of backups: what happens to that counts as for any other set."""
    found = stateful_set.replaced(step)
    return found if found.effect is Effect.DATA_AT_RISK else Reason(Effect.NOTHING, _RESTARTS)


def updated(step: Step, change: Property) -> Reason:
    found = stateful_set.updated(step, change)
    if change.path[:2] == ("spec", "template") and found.effect is Effect.OUTAGE:
        return Reason(Effect.NOTHING, _RESTARTS)
    return found
