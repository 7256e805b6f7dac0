"""Tells that a stack's objects are gone with their namespace: the cluster is a new one, or the wrong one."""

from __future__ import annotations

from .documents import Json, rows, text
from .errors import OperateError


def is_vanished(deployment: Json, namespace: Json | None) -> bool:
    """Whether the state knows objects in Kubernetes while not even their namespace exists (pure)."""
    return namespace is None and any(
        text(row, "type").startswith("kubernetes:") for row in rows(deployment, "resources")
    )


def lacks_stateful_set(deployment: Json, stateful_set: Json | None) -> bool:
    """Whether the state knows a StatefulSet and the cluster does not (pure): its template was being renewed, say."""
    return stateful_set is None and any(
        text(row, "type") == "kubernetes:apps/v1:StatefulSet" for row in rows(deployment, "resources")
    )


def refusal(stack: str, namespace: str, server: str) -> OperateError:
    """What to say where that may be a mistake: an empty database in place of the one that clients expect."""
    return OperateError(
        f"Stack {stack} is deployed, but {server} has no namespace {namespace}: this is probably the wrong cluster, and"
        " `up` would build an empty database there. If the cluster is right, and the namespace was deleted with its"
        f" data, say so by making it: `kubectl create namespace {namespace}`, then run `up` again."
    )
