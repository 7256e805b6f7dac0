"""What is lost with an object, and which of its fields Kubernetes lets nobody change, so that pulumi replaces it."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from .values import Json, dig, sequence

LOST_WITH = {
    "kubernetes:apps/v1:StatefulSet": "its pods, and its claims where its retention policy says so",
    "kubernetes:core/v1:PersistentVolumeClaim": "the data on its volume",
    "kubernetes:core/v1:PersistentVolume": "the way to the data on it",
    "kubernetes:core/v1:Secret": "the credentials in it",
    "kubernetes:core/v1:Namespace": "everything in it",
}
_CACHED_SECRETS = ("kubernetes.io/service-account-token", "helm.sh/release.v1", "bootstrap.kubernetes.io/token")
"""Secrets that are made again by whoever made them."""

FIXED: dict[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes:apps/v1:StatefulSet": (
        ("spec", "volumeClaimTemplates"),
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "podManagementPolicy"),
        ("spec", "revisionHistoryLimit"),
    ),
    "kubernetes:core/v1:PersistentVolumeClaim": (
        ("spec", "accessModes"),
        ("spec", "selector"),
        ("spec", "storageClassName"),
        ("spec", "volumeName"),
    ),
    "kubernetes:core/v1:Secret": (("type",),),
    "kubernetes:core/v1:PersistentVolume": (),
    "kubernetes:core/v1:Namespace": (),
}
"""As the provider's list of fields that force a replacement has them."""

_NAMED = (("metadata", "name"), ("metadata", "namespace"))
ALLOW = "allowDataLoss"


def holds_data(resource: Json) -> bool:
    """Of a resource of an exported state."""
    if resource.get("type") not in LOST_WITH:
        return False
    return dig(resource, "inputs", "type") not in _CACHED_SECRETS


def title(resource: Json) -> str:
    """``Kind/name``, as the stack configuration has to name it."""
    kind = str(resource.get("type")).rpartition(":")[2]
    named = dig(resource, "inputs", "metadata", "name")
    return f"{kind}/{named if isinstance(named, str) else _resource_name(resource)}"


def allowed(resource: Json) -> bool:
    """Whether the stack configuration names it: by ``Kind/name``, by its name, or by that in the program."""
    names = {title(resource), title(resource).partition("/")[2], _resource_name(resource), str(resource.get("urn"))}
    return not names.isdisjoint(_configured())


def fixed_fields(resource_type: str) -> tuple[tuple[str, ...], ...]:
    return (*_NAMED, *FIXED[resource_type])


def way_out(resource: Json) -> str:
    key = f"{pulumi.get_project()}:{ALLOW}"
    return f"If that is meant, name it in the stack's configuration: {key}: [{title(resource)}]."


def _configured() -> list[Any]:
    try:
        given = pulumi.Config().get_object(ALLOW)
    except (pulumi.ConfigTypeError, json.JSONDecodeError):
        return []
    return [given] if isinstance(given, str) else sequence(given)


def _resource_name(resource: Json) -> str:
    return str(resource.get("urn")).rpartition("::")[2]
