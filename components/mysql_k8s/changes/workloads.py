"""What a change of a Deployment, DaemonSet, Job, CronJob or Pod does."""

from __future__ import annotations

from typing import Any

from .documents import at
from .effect import Effect, Reason
from .rolling import replicas
from .step import Property, Step

KINDS = frozenset({"Deployment", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"})


def created(_step: Step) -> Reason:
    return Reason(Effect.NOTHING, "New pods start beside those that run.")


def deleted(step: Step) -> Reason:
    return Reason(Effect.OUTAGE, f"The {step.kind}'s pods stop for good.")


def replaced(step: Step) -> Reason:
    same = all(at(step.old, ("metadata", key)) == at(step.new, ("metadata", key)) for key in ("name", "namespace"))
    if step.kind in ("Job", "CronJob"):
        return Reason(Effect.OUTAGE, "What it runs now is ended, and it runs again from the start.")
    if same:
        return Reason(Effect.OUTAGE, "It is deleted before it is made anew: all its pods stop first.")
    return Reason(Effect.ROLLING_RESTART, "New pods start under another name before the old ones stop.")


def updated(step: Step, change: Property) -> Reason:
    where = [str(part) for part in change.path]
    if where[0] == "metadata":
        return Reason(Effect.NOTHING, "Metadata of the object itself; its pods have their own.")
    if step.kind == "CronJob":
        return Reason(Effect.RUN_TIME, "The next run uses it; a run under way goes on as it is.")
    if step.kind == "Pod":
        return Reason(Effect.OUTAGE, "Kubernetes restarts the container in place.")
    if step.kind == "Job":
        return Reason(Effect.RUN_TIME, "The Job's controller starts or stops pods at once.")
    if where[:2] == ["spec", "template"]:
        return _template(step)
    if where[:2] == ["spec", "replicas"]:
        return _scaled(step)
    if where[:2] == ["spec", "selector"]:
        return Reason(Effect.REFUSED, f"Kubernetes refuses another selector of a {step.kind} that exists.")
    return Reason(Effect.NOTHING, "Only later updates look at it.")


def _template(step: Step) -> Reason:
    strategy: Any = at(step.new, ("spec", "strategy", "type"))
    if strategy == "Recreate":
        return Reason(Effect.OUTAGE, "Its strategy is Recreate: all pods stop before new ones start.")
    policy: Any = at(step.new, ("spec", "updateStrategy", "type"))
    if policy == "OnDelete":
        return Reason(Effect.NOTHING, "Its update strategy is OnDelete: a pod changes when somebody deletes it.")
    how = "node by node" if step.kind == "DaemonSet" else "new ones start before old ones stop"
    return Reason(Effect.ROLLING_RESTART, f"Its pods are replaced, {how}.")


def _scaled(step: Step) -> Reason:
    old, new = replicas(step.old), replicas(step.new)
    if new == 0:
        return Reason(Effect.OUTAGE, "All its pods stop.")
    if new > old:
        return Reason(Effect.MEMBERS_ADDED, f"{new - old} more {'pod starts' if new - old == 1 else 'pods start'}.")
    return Reason(Effect.MEMBERS_REMOVED, f"{old - new} {'pod stops' if old - new == 1 else 'pods stop'}.")
