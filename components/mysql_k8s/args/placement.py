"""Where pods run, who may reach them, how long things may take."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .base import Arguments, DnsLabel, DnsSubdomain
from .labels import NodeSelector

Seconds = Annotated[int, Field(strict=True)]


class Toleration(Arguments):
    """As in a pod's ``tolerations``."""

    key: str | None = None
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    toleration_seconds: int | None = None

    @model_validator(mode="after")
    def _as_kubernetes_has_it(self) -> Self:
        """Kubernetes would refuse the StatefulSet, after everything else has been made."""
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("has a value, which the operator Exists does not take; leave one of them out")
        if self.operator == "Equal" and self.key is None:
            raise ValueError("has no key; name the taint's key, or use the operator Exists for all taints")
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            raise ValueError("has toleration_seconds, which only the effect NoExecute takes; set it, or leave them out")
        return self


class Scheduling(Arguments):
    """Which nodes the members run on."""

    node_selector: NodeSelector = Field(default_factory=dict)
    """Labels that a node must have."""

    tolerations: tuple[Toleration, ...] = ()
    """Taints that the pods put up with."""

    anti_affinity: Literal["preferred", "required", "none"] = "preferred"
    """Whether two members may share a node. ``required`` leaves a member pending when nodes are too few."""

    spread_zones: bool = True
    """Spread the members over ``topology.kubernetes.io/zone`` as evenly as can be; never a reason to stay pending."""

    priority_class: DnsSubdomain | None = None
    """The pods' PriorityClass."""


class Timeouts(Arguments):
    """How long things may take, in seconds."""

    startup_seconds: Annotated[Seconds, Field(ge=60)] = 3600
    """For a member to come up: crash recovery, or the clone of a whole data set."""

    stop_seconds: Annotated[Seconds, Field(ge=30)] = 120
    """For a member to stop (``terminationGracePeriodSeconds``)."""

    ready_seconds: Annotated[Seconds, Field(ge=30)] = 900
    """For ``pulumi up`` to wait until every member is ready."""

    @property
    def stop_wait_seconds(self) -> int:
        """How much of the stop a primary may spend waiting for a replica to receive everything: a quarter."""
        return self.stop_seconds // 4


class Network(Arguments):
    """Who may connect. Anything not named here is refused where the cluster enforces NetworkPolicies."""

    client_namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces, beside the cluster's own, whose pods may connect to MySQL."""

    monitoring_namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces whose pods may read the agents' ``/metrics``."""
