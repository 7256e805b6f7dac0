"""What a change of an object without pods of its own does: claims, Secrets, Services, access, policies and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import quantity
from .documents import at
from .effect import Effect, Reason
from .step import Property, Step

_UNUSED = Reason(Effect.NOTHING, "Nothing that runs uses it yet.")


@dataclass(frozen=True)
class Rule:
    """One kind: what follows from each operation."""

    update: Reason
    delete: Reason
    replace: Reason
    create: Reason = _UNUSED


_MOUNTED = Reason(
    Effect.RUN_TIME,
    "No pod restarts: mounted files change within about a minute, environment variables when a pod next starts.",
)
_ACCESS = Reason(Effect.RUN_TIME, "The API server goes by it from the next request on.")
_ACCESS_GONE = Reason(Effect.RUN_TIME, "Who had access through it is refused from the next request on.")
_ACCESS_GAP = Reason(Effect.RUN_TIME, "Access through it is refused for a moment, between the old one and the new one.")
_IN_USE = "Pods that still refer to it cannot start any more; those that run go on."
_CUSTOM = "What it stands for may be deleted by its operator, data included."
_ROUTES = Reason(Effect.RUN_TIME, "Clients are led by it at once; open connections stay.")
_ADMISSION = Reason(Effect.RUN_TIME, "Requests to the API server are judged by it from now on.")

RULES: Mapping[str, Rule] = {
    "PersistentVolumeClaim": Rule(
        update=Reason(Effect.REFUSED, "Kubernetes changes nothing of a claim but its size and its attributes class."),
        delete=Reason(Effect.DATA_AT_RISK, "The claim is deleted, and with it the volume and its data."),
        replace=Reason(Effect.DATA_AT_RISK, "The claim is deleted with its volume and data, and an empty one is made."),
    ),
    "PersistentVolume": Rule(
        update=Reason(Effect.UNCLEAR, "What becomes of the volume is for its driver."),
        delete=Reason(Effect.DATA_AT_RISK, "The volume leaves the cluster; its data may go with it."),
        replace=Reason(Effect.DATA_AT_RISK, "The volume leaves the cluster and another one takes its place."),
    ),
    "Namespace": Rule(
        update=Reason(Effect.RUN_TIME, "What is made in it from now on is judged by it; what runs goes on."),
        delete=Reason(Effect.DATA_AT_RISK, "Everything in the namespace is deleted, claims and their data included."),
        replace=Reason(Effect.DATA_AT_RISK, "Everything in the namespace is deleted, claims and their data included."),
    ),
    "CustomResourceDefinition": Rule(
        update=_ADMISSION,
        delete=Reason(Effect.DATA_AT_RISK, "Every object of this kind in the cluster is deleted with it."),
        replace=Reason(Effect.DATA_AT_RISK, "Every object of this kind in the cluster is deleted with it."),
    ),
    "Secret": Rule(
        update=_MOUNTED,
        delete=Reason(Effect.OUTAGE, f"What it holds is lost unless it is kept elsewhere. {_IN_USE}"),
        replace=Reason(Effect.RUN_TIME, "It is absent for a moment; pods that start then wait. Mounted files follow."),
    ),
    "ConfigMap": Rule(
        update=_MOUNTED,
        delete=Reason(Effect.UNCLEAR, _IN_USE),
        replace=Reason(Effect.RUN_TIME, "It is absent for a moment; pods that start then wait. Mounted files follow."),
    ),
    "Service": Rule(
        update=_ROUTES,
        delete=Reason(Effect.OUTAGE, "Its name no longer resolves: its clients find nobody."),
        replace=Reason(Effect.OUTAGE, "It is absent for a moment and comes back with another address."),
    ),
    "Ingress": Rule(
        update=_ROUTES,
        delete=Reason(Effect.OUTAGE, "Clients from outside find nobody under its addresses."),
        replace=Reason(Effect.OUTAGE, "Clients from outside find nobody until the new one is in force."),
    ),
    "NetworkPolicy": Rule(
        update=Reason(Effect.RUN_TIME, "New connections are judged by it within seconds, where policies are enforced."),
        delete=Reason(Effect.RUN_TIME, "What only it kept away may connect, where policies are enforced."),
        replace=Reason(Effect.RUN_TIME, "For a moment it neither allows nor forbids anything."),
        create=Reason(Effect.RUN_TIME, "The pods that it selects take only what a policy allows, from now on."),
    ),
    "PodDisruptionBudget": Rule(
        update=Reason(Effect.NOTHING, "The next drain of a node goes by it."),
        delete=Reason(Effect.NOTHING, "A drain of nodes may then take several of the pods at once."),
        replace=Reason(Effect.NOTHING, "A drain of nodes in that moment may take several of the pods at once."),
    ),
    "StorageClass": Rule(
        update=Reason(Effect.NOTHING, "Volumes that exist stay as they are; new ones are made by it."),
        delete=Reason(
            Effect.NOTHING, "Volumes that exist stay; claims that name it get no new ones, and none can grow."
        ),
        replace=Reason(Effect.NOTHING, "Volumes that exist stay as they are; new ones are made by the new one."),
    ),
    "ServiceAccount": Rule(
        update=Reason(Effect.NOTHING, "Pods that run keep their tokens."),
        delete=_ACCESS_GONE,
        replace=_ACCESS_GAP,
    ),
    **dict.fromkeys(
        ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"), Rule(_ACCESS, _ACCESS_GONE, _ACCESS_GAP)
    ),
    **dict.fromkeys(
        ("ResourceQuota", "LimitRange", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
        Rule(_ADMISSION, _ADMISSION, _ADMISSION, _ADMISSION),
    ),
    "PriorityClass": Rule(*[Reason(Effect.NOTHING, "Pods that run keep their priority.")] * 3),
    "HorizontalPodAutoscaler": Rule(*[Reason(Effect.RUN_TIME, "The number of pods may change within minutes.")] * 3),
}

UNKNOWN = Rule(
    update=Reason(Effect.UNCLEAR, "What this kind makes of the change is not known here."),
    delete=Reason(Effect.DATA_AT_RISK, _CUSTOM),
    replace=Reason(Effect.DATA_AT_RISK, _CUSTOM),
)
"""The worst that can be, where nothing is known."""


def updated(step: Step, change: Property, rule: Rule) -> Reason:
    """By the property, where that makes a difference."""
    where = [str(part) for part in change.path]
    if where[0] == "metadata":
        return _metadata(step, where)
    if step.kind == "PersistentVolumeClaim":
        return _claim(change, rule)
    if step.kind == "PersistentVolume" and where[-1] == "persistentVolumeReclaimPolicy" and change.new == "Delete":
        return Reason(Effect.DATA_AT_RISK, "From now on the volume is deleted with its claim.")
    if step.kind == "Service" and where[:2] == ["spec", "selector"]:
        return Reason(Effect.UNCLEAR, "Its clients are led to other pods at once; to none, if none has these labels.")
    if step.kind in ("Secret", "ConfigMap") and at(step.old, ("immutable",)) is True:
        return Reason(Effect.REFUSED, f"Kubernetes refuses a change of an immutable {step.kind}.")
    if step.kind == "Secret" and where == ["type"]:
        return Reason(Effect.REFUSED, "Kubernetes refuses another type of a Secret that exists.")
    return rule.update


def _metadata(step: Step, where: list[str]) -> Reason:
    if step.kind == "Namespace" and any("pod-security" in part for part in where):
        return RULES["Namespace"].update
    return Reason(Effect.NOTHING, "Metadata of the object alone.")


def _claim(change: Property, rule: Rule) -> Reason:
    where = [str(part) for part in change.path]
    if where == ["spec", "volumeAttributesClassName"]:
        return Reason(Effect.RUN_TIME, "The driver changes the volume while it is in use.")
    if where != ["spec", "resources", "requests", "storage"]:
        return rule.update
    try:
        old, new = quantity.to_bytes(str(change.old)), quantity.to_bytes(str(change.new))
    except ValueError:
        return Reason(Effect.UNCLEAR, "The sizes cannot be compared.")
    if new < old:
        return Reason(Effect.REFUSED, "Kubernetes makes no volume smaller. Set the size back, or to a larger one.")
    why = "The volume and its file system grow while they are in use, if the StorageClass allows it."
    return Reason(Effect.STORAGE_GROWS if new > old else Effect.NOTHING, why)


def rule_of(step: Step) -> Rule:
    found = RULES.get(step.kind)
    return found if found and _is_core(step.group) else UNKNOWN


def _is_core(group: Any) -> bool:
    """A custom resource may be called Service too."""
    return "." not in str(group) or str(group).endswith(".k8s.io")
