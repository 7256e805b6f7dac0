"""The namespace of a stack. It is nobody's resource: whoever deletes a namespace deletes the claims in it."""

from __future__ import annotations

from collections.abc import Callable

from .errors import OperateError
from .kube import Kube

LABELS = {
    "app.kubernetes.io/managed-by": "pulumi-mysql-k8s",
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
}


def ensure(kube: Kube, name: str, say: Callable[[str], None]) -> None:
    """Make it where it is absent, with pods held to the restricted Pod Security Standard; else leave it as it is."""
    found = kube.namespace(name)
    if found is None:
        kube.create_namespace(name, LABELS)
        say(f"Created namespace {name}.")
    elif found.get("status", {}).get("phase") == "Terminating":
        raise OperateError(f"Namespace {name} is being deleted, with every claim in it. Wait until it is gone.")
