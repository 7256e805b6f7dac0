"""Brings the claim template of a StatefulSet up to the size that its claims have grown to.

Kubernetes never changes a claim template. So the StatefulSet is deleted without its pods and made again at once from
its own manifest, with the size alone changed; it finds its pods by their labels and takes them back. Pods and claims
are not touched. If this is cut short in between, pods run on without a StatefulSet and the next `up`, which then
asks the cluster first, makes it anew.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

from .. import quantity
from .documents import Json, name_of, part, rows, text
from .errors import OperateError
from .kube import Kube
from .target import Target

ADOPTION_SECONDS = 60
_SERVER_SET = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "selfLink",
    "ownerReferences",
)


def renew_template(kube: Kube, target: Target, size: str, begin: Callable[[str], None]) -> None:
    """Renew a template that asks for less than ``size``: a quantity, empty if unknown. Raises OperateError.

    ``begin`` is told what is about to happen, before anything does.
    """
    stateful_set = kube.stateful_set(target.namespace, target.name) if size else None
    if stateful_set is None or not is_behind(stateful_set, size):
        return
    if not all_claims_grown(stateful_set, kube.claims(target.namespace), size):
        return
    begin(f"The claims have grown to {size}: new members get as much from now on. No pod is touched.")
    kube.replace_stateful_set(target.namespace, with_size(stateful_set, size), field_manager(stateful_set))
    _await_adoption(kube, target, text(stateful_set, "metadata", "uid"))


def is_behind(stateful_set: Json, size: str) -> bool:
    """Whether a new claim would be smaller than ``size`` (pure)."""
    templates = rows(stateful_set, "spec", "volumeClaimTemplates")
    return any(quantity.to_bytes(_request(template)) < quantity.to_bytes(size) for template in templates)


def all_claims_grown(stateful_set: Json, claims: list[Json], size: str) -> bool:
    """Whether every claim of a present member asks for ``size`` (pure): only what was accepted becomes the template."""
    names = {
        f"{name_of(template)}-{name_of(stateful_set)}-{ordinal}"
        for template in rows(stateful_set, "spec", "volumeClaimTemplates")
        for ordinal in range(int(text(stateful_set, "spec", "replicas") or 1))
    }
    grown = {name_of(claim) for claim in claims if quantity.to_bytes(_request(claim)) >= quantity.to_bytes(size)}
    return names <= grown


def with_size(stateful_set: Json, size: str) -> Json:
    """The manifest to make it again from (pure): as it is, but for the size and for what the server sets."""
    manifest = copy.deepcopy({key: value for key, value in stateful_set.items() if key != "status"})
    manifest |= {"apiVersion": "apps/v1", "kind": "StatefulSet"}
    manifest["metadata"] = {key: value for key, value in manifest["metadata"].items() if key not in _SERVER_SET}
    for template in rows(manifest, "spec", "volumeClaimTemplates"):
        template.pop("status", None)
        template["spec"]["resources"]["requests"]["storage"] = size
    return manifest


def field_manager(stateful_set: Json) -> str:
    """Who applied it (pure): Pulumi's provider must find itself as the owner of what it made."""
    applied = (
        entry for entry in rows(stateful_set, "metadata", "managedFields") if text(entry, "operation") == "Apply"
    )
    return next((text(entry, "manager") for entry in applied), "pulumi-kubernetes")


def _request(claim: Json) -> str:
    return text(part(claim, "spec", "resources", "requests"), "storage")


def _await_adoption(kube: Kube, target: Target, before: str) -> None:
    """Until the new StatefulSet counts all its pods again."""
    deadline = time.monotonic() + ADOPTION_SECONDS
    while time.monotonic() < deadline:
        found = kube.stateful_set(target.namespace, target.name)
        if text(found, "metadata", "uid") != before and is_whole(found):
            return
        time.sleep(0.5)
    raise OperateError(
        f"StatefulSet {target.name} was made again for larger claims, but has not taken all its pods back within "
        f"{ADOPTION_SECONDS} s. The pods run on; see kubectl --namespace {target.namespace} describe sts {target.name}."
    )


def is_whole(stateful_set: Json | None) -> bool:
    """Whether the controller has seen it and counts every pod as present (pure)."""
    status = part(stateful_set, "status")
    seen = text(status, "observedGeneration") == text(stateful_set, "metadata", "generation")
    return seen and text(status, "replicas") == text(stateful_set, "spec", "replicas")
