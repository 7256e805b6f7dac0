"""In which order the pods of a StatefulSet are replaced."""

from __future__ import annotations

from typing import Any

from .documents import Json, at
from .step import Step

ELECTING = ("group-replication", "galera")
"""The topologies whose primary is no fixed member."""


def replicas(inputs: Json) -> int:
    """Absent means 1, as in Kubernetes."""
    found: Any = at(inputs, ("spec", "replicas"))
    return int(found) if isinstance(found, int | float) else 1


def pods(step: Step) -> list[str]:
    """The pods that exist before and after, as they are restarted: from the highest ordinal down."""
    start: Any = at(step.new, ("spec", "ordinals", "start"))
    first = int(start) if isinstance(start, int | float) else 0
    staying = min(replicas(step.old), replicas(step.new))
    return [f"{step.name}-{ordinal}" for ordinal in range(first + staying - 1, first - 1, -1)]


def order(step: Step) -> str:
    """``orders-2, orders-1, then the primary orders-0``"""
    names = pods(step)
    if step.is_ours and at(step.new, ("metadata", "labels", "mysql-k8s/topology")) in ELECTING:
        return f"{', '.join(names)}; the primary hands its role over before it stops"
    if step.is_ours and len(names) > 1:
        return f"{', '.join(names[:-1])}, then the primary {names[-1]}"
    return ", ".join(names if len(names) <= 7 else [*names[:3], "...", names[-1]])


def strategy(step: Step) -> str:
    found: Any = at(step.new, ("spec", "updateStrategy", "type"))
    return found if isinstance(found, str) else "RollingUpdate"


def partition(step: Step) -> int:
    found: Any = at(step.new, ("spec", "updateStrategy", "rollingUpdate", "partition"))
    return int(found) if isinstance(found, int | float) else 0
