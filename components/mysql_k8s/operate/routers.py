"""The instances of MySQL Router in front of a cluster, where there are any."""

from __future__ import annotations

from dataclasses import dataclass

from .diagnose import diagnose
from .documents import Json, text
from .kube import Kube
from .problems import Observed, Problem
from .target import Target


@dataclass(frozen=True)
class Routers:
    """How many serve clients, of how many."""

    ready: int
    declared: int


def look(kube: Kube, target: Target) -> Routers | None:
    """Nothing where the cluster has none."""
    found = kube.deployment(target.namespace, f"{target.name}-router")
    return None if found is None else count(found)


def count(deployment: Json) -> Routers:
    """As its controller has it (pure)."""
    ready = int(text(deployment, "status", "readyReplicas") or 0)
    return Routers(ready, int(text(deployment, "spec", "replicas") or 0))


def warnings(routers: Routers | None) -> list[str]:
    """What a person should know of them (pure)."""
    if routers is None or routers.ready >= routers.declared:
        return []
    left = "their clients find nobody" if routers.ready == 0 else "the others serve all clients"
    return [f"{routers.ready} of {routers.declared} Routers are ready: {left}."]


def problems(kube: Kube, target: Target) -> list[Problem]:
    """What keeps one from starting, and will not pass by itself."""
    selector = f"app.kubernetes.io/name=mysql-router,app.kubernetes.io/instance={target.name}"
    pods = kube.pods(target.namespace, selector)
    return diagnose(Observed(pods=pods, events=kube.events(target.namespace))) if pods else []
