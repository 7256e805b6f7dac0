"""A reason why a member cannot start, in words that a person can act on (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .documents import Json, name_of, sentence, text


class Kind(StrEnum):
    IMAGE = "the image cannot be pulled"
    CONFIG = "the container cannot be created"
    CRASH = "the container keeps ending"
    MOUNT = "a volume cannot be mounted"
    NETWORK = "the pod's network cannot be set up"
    SCHEDULE = "no node takes the pod"
    CLAIM = "the claim gets no volume"
    CREATE = "pods are refused"
    ENDED = "its node ended the pod"
    BLOCKED = "the member needs a person"


@dataclass(frozen=True)
class Problem:
    kind: Kind
    where: str
    """`pod orders-1`, `claim data-orders-1 of pod orders-1`, `StatefulSet orders`"""
    what: str
    way_out: str
    pod: str | None = None
    container: str | None = None
    uid: str = ""
    """Tells a pod from its successor of the same name."""

    def __str__(self) -> str:
        place = f"{self.where}, container {self.container}" if self.container else self.where
        return f"{place}: {self.kind}. {self.what} {self.way_out}"


@dataclass(frozen=True)
class Observed:
    """One look at a cluster: the objects as the API returns them, and what the agents say of their members."""

    stateful_set: Json | None = None
    pods: list[Json] = field(default_factory=list[Json])
    claims: list[Json] = field(default_factory=list[Json])
    events: list[Json] = field(default_factory=list[Json])
    states: dict[str, Json] = field(default_factory=dict[str, Json])


def of_pod(pod: Json, kind: Kind, what: str, way_out: str, container: str | None = None) -> Problem:
    name = name_of(pod)
    uid = text(pod, "metadata", "uid")
    return Problem(kind, f"pod {name}", sentence(what), way_out, pod=name, container=container, uid=uid)
