"""What a change of a StatefulSet does.

Which fields Kubernetes lets change is in its validation (pkg/apis/apps/validation, ValidateStatefulSetUpdate); which
ones Pulumi replaces it for, in pulumi-kubernetes (provider/pkg/provider/diff.go).
"""

from __future__ import annotations

from . import rolling
from .documents import at, is_map
from .effect import Effect, Reason
from .step import Property, Step

IMMUTABLE = ("volumeClaimTemplates", "serviceName", "podManagementPolicy", "selector")


def created(step: Step) -> Reason:
    count = rolling.replicas(step.new)
    return Reason(Effect.MEMBERS_ADDED, f"A new set of {count} {'pod' if count == 1 else 'pods'} starts.")


def deleted(step: Step) -> Reason:
    if _policy(step, "whenDeleted") == "Delete":
        why = "Its pods stop, and Kubernetes deletes their claims with all data (whenDeleted: Delete)."
        return Reason(Effect.DATA_AT_RISK, why)
    return Reason(Effect.OUTAGE, "All its pods stop. The claims stay.")


def replaced(step: Step) -> Reason:
    """Never harmless: pods and claims are named after it."""
    if _policy(step, "whenDeleted") == "Delete":
        why = "It is deleted and made anew, and Kubernetes deletes its claims with all data (whenDeleted: Delete)."
        return Reason(Effect.DATA_AT_RISK, why)
    for path in (("metadata", "name"), ("metadata", "namespace")):
        if at(step.old, path) != at(step.new, path):
            why = "The new one starts with empty claims of its own; the data stays behind in the claims of the old one."
            return Reason(Effect.DATA_AT_RISK, why)
    return Reason(Effect.OUTAGE, "All its pods stop before new ones start. The claims stay and are used again.")


def updated(step: Step, change: Property) -> Reason:
    head, *rest = [str(part) for part in change.path[1:]] if change.path[0] == "spec" else ["", ""]
    if change.path[0] == "metadata":
        return Reason(Effect.NOTHING, "Metadata of the set itself; its pods have their own.")
    if head == "template":
        return _template(step)
    if head == "replicas":
        return _scaled(step)
    if head == "updateStrategy":
        why = "It takes effect with the next change of the pods; pods held back by a higher partition may follow now."
        return Reason(Effect.ROLLING_RESTART if "partition" in rest else Effect.NOTHING, why)
    if head == "persistentVolumeClaimRetentionPolicy":
        return _retention(change)
    if head in ("minReadySeconds", "revisionHistoryLimit"):
        return Reason(Effect.NOTHING, "Only later updates look at it.")
    if head in IMMUTABLE:
        return Reason(Effect.REFUSED, f"Kubernetes refuses another {head} of a StatefulSet that exists.")
    if head == "ordinals":
        return Reason(
            Effect.DATA_AT_RISK, "Pods get other names, and so other, empty claims; the old ones stay behind."
        )
    return Reason(Effect.UNCLEAR, "What this field does to running pods is not known here.")


def _template(step: Step) -> Reason:
    names = rolling.pods(step)
    if not names:
        return Reason(Effect.NOTHING, "There is no pod to restart.")
    if rolling.strategy(step) == "OnDelete":
        return Reason(Effect.NOTHING, "Its update strategy is OnDelete: a pod changes when somebody deletes it.")
    if (held := rolling.partition(step)) > 0:
        names = names[: max(0, len(names) - held)]
        if not names:
            return Reason(Effect.NOTHING, f"The partition {held} holds all pods back.")
        return Reason(
            Effect.ROLLING_RESTART, f"Pods restart one after the other, down to the partition: {', '.join(names)}."
        )
    if len(names) == 1:
        return Reason(Effect.OUTAGE, f"Its only pod, {names[0]}, restarts: nobody is served until it is back.")
    return Reason(Effect.ROLLING_RESTART, f"Each pod restarts after the one before is ready: {rolling.order(step)}.")


def _scaled(step: Step) -> Reason:
    old, new = rolling.replicas(step.old), rolling.replicas(step.new)
    if new > old:
        names = ", ".join(f"{step.name}-{ordinal}" for ordinal in range(old, new)[:7])
        clone = (
            ", empty or on the claims they had, and take their data from a member that has it" if step.is_ours else ""
        )
        return Reason(Effect.MEMBERS_ADDED, f"New pods start ({names}){clone}; the others go on.")
    names = ", ".join(f"{step.name}-{ordinal}" for ordinal in range(old - 1, new - 1, -1)[:7])
    if _policy(step, "whenScaled") == "Delete":
        why = f"Pods stop ({names}), and Kubernetes deletes their claims with the data (whenScaled: Delete)."
        return Reason(Effect.DATA_AT_RISK, why)
    if new == 0:
        return Reason(Effect.OUTAGE, f"All pods stop ({names}). Their claims stay.")
    return Reason(Effect.MEMBERS_REMOVED, f"Pods stop, one after the other ({names}). Their claims stay.")


def _retention(change: Property) -> Reason:
    if change.new == "Delete":
        when = "the set is deleted or replaced" if change.path[-1] == "whenDeleted" else "pods are scaled away"
        return Reason(Effect.DATA_AT_RISK, f"From now on Kubernetes deletes claims with their data when {when}.")
    return Reason(Effect.NOTHING, "Claims are kept from now on.")


def _policy(step: Step, when: str) -> str:
    """As it is now, and as it will be if that is worse: a run may stop between."""
    policies = [at(each, ("spec", "persistentVolumeClaimRetentionPolicy", when)) for each in (step.old, step.new)]
    return "Delete" if "Delete" in policies else "Retain"


def is_stateful_set(step: Step) -> bool:
    return step.is_kubernetes and step.kind == "StatefulSet" and (is_map(step.old) or is_map(step.new))
