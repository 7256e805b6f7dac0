"""What keeps a pod from starting, read from the objects of the Kubernetes API (pure).

Only what does not pass by itself is a problem. A pod that pulls an image, waits for a volume or takes a copy of the
data is none, however long that takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

Json = dict[str, Any]
T = TypeVar("T")


class Kind(StrEnum):
    IMAGE = "image cannot be pulled"
    CONFIG = "container cannot be created"
    CRASH = "container keeps ending"
    MOUNT = "volume cannot be mounted"
    SCHEDULE = "no node takes the pod"
    CLAIM = "claim gets no volume"
    CREATE = "pods cannot be created"
    SANDBOX = "pod network cannot be set up"
    EVICTED = "pod was ended by its node"
    BLOCKED = "member needs a person"


@dataclass(frozen=True)
class Problem:
    kind: Kind
    where: str
    """`pod orders-1`, `claim data-orders-1`, `StatefulSet orders`"""
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


def diagnose(seen: Observed) -> list[Problem]:
    """Everything that will not pass by itself, at most one problem for each pod: the one nearest to the cause."""
    found = [problem for pod in seen.pods if (problem := _of_pod(pod, seen)) is not None]
    refused = _creation_refused(seen)
    return [*found, refused] if refused else found


def outdated(pod: Json, stateful_set: Json | None) -> bool:
    """Whether the pod was made from an earlier revision than the one that is being rolled out."""
    wanted = (stateful_set or {}).get("status", {}).get("updateRevision")
    has = pod["metadata"].get("labels", {}).get("controller-revision-hash")
    return bool(wanted and has and wanted != has)


def _of_pod(pod: Json, seen: Observed) -> Problem | None:
    if pod["metadata"].get("deletionTimestamp"):
        return None
    events = _events_of(pod, seen)
    return (
        _ended(pod)
        or _unschedulable(pod, events, seen)
        or _first(_of_container(pod, status) for status in _container_statuses(pod))
        or _of_events(pod, events)
        or _blocked(pod, seen.states)
    )


# --- the pod as a whole -------------------------------------------------------------------------------------------


def _ended(pod: Json) -> Problem | None:
    status = pod.get("status", {})
    if status.get("phase") != "Failed":
        return None
    what = _sentence(f"{status.get('reason', 'Failed')}: {status.get('message', 'no message')}")
    return _pod_problem(pod, Kind.EVICTED, what, "See what the node lacks: kubectl describe node.")


def _unschedulable(pod: Json, events: list[Json], seen: Observed) -> Problem | None:
    condition = _condition(pod, "PodScheduled")
    if condition is None or condition.get("status") != "False" or condition.get("reason") != "Unschedulable":
        return None
    if _latest(events, {"TriggeredScaleUp", "Nominated"}):
        return None  # a node is being added for this pod
    message = str(condition.get("message", ""))
    if claim := _waiting_claim(pod, seen):
        return claim
    return _pod_problem(pod, Kind.SCHEDULE, _sentence(message), _scheduling_way_out(message))


def _scheduling_way_out(message: str) -> str:
    if "anti-affinity" in message:
        return "There are fewer nodes than members: add nodes, or relax the scheduling of the members."
    if "Insufficient" in message:
        return "Lower the resources of the members, or add a node that has this much left."
    if "taint" in message or "affinity" in message or "selector" in message:
        return "Correct the scheduling (node selector, tolerations), or add a node that matches it."
    return "Add a node that fits, or change the resources and scheduling of the members."


def _waiting_claim(pod: Json, seen: Observed) -> Problem | None:
    names = {
        volume["persistentVolumeClaim"]["claimName"]
        for volume in pod.get("spec", {}).get("volumes", [])
        if "persistentVolumeClaim" in volume
    }
    pending = [
        claim
        for claim in seen.claims
        if claim["metadata"]["name"] in names and claim.get("status", {}).get("phase") == "Pending"
    ]
    return _first(_claim_problem(claim, pod, seen) for claim in pending)


def _claim_problem(claim: Json, pod: Json, seen: Observed) -> Problem | None:
    event = _latest(_events_of(claim, seen), {"FailedBinding", "ProvisioningFailed"})
    storage_class = claim.get("spec", {}).get("storageClassName")
    if not storage_class:
        what = "The claim names no storage class and the cluster has no default one."
        way_out = "Set storage.storage_class to one of `kubectl get storageclass`, or mark one as the default."
    elif event:
        what = _sentence(f"Storage class {storage_class!r}: {event.get('message', '')}")
        way_out = "Set storage.storage_class to one of `kubectl get storageclass`, or repair its provisioner."
    else:
        return None
    name, pod_name = claim["metadata"]["name"], pod["metadata"]["name"]
    return Problem(Kind.CLAIM, f"claim {name} of pod {pod_name}", what, way_out, pod=pod_name)


# --- its containers -----------------------------------------------------------------------------------------------

_IMAGE_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
}
_CREATE_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"}


def _of_container(pod: Json, status: Json) -> Problem | None:
    waiting = status.get("state", {}).get("waiting") or {}
    reason, message = waiting.get("reason", ""), str(waiting.get("message", ""))
    if reason in _IMAGE_REASONS:
        what = _sentence(f"Image {status.get('image', '?')}: {message or reason}")
        way_out = "Correct the image's name, or give the cluster access to its registry (pull secret, network)."
        return _pod_problem(pod, Kind.IMAGE, what, way_out, status["name"])
    if reason in _CREATE_REASONS:
        return _pod_problem(pod, Kind.CONFIG, _sentence(message or reason), _create_way_out(message), status["name"])
    if reason == "CrashLoopBackOff":
        return _crash(pod, status)
    return None


def _create_way_out(message: str) -> str:
    if "not found" in message:
        return "Create what is missing in the namespace, or correct its name in the stack's configuration."
    return "Correct the container's settings in the stack's configuration."


def _crash(pod: Json, status: Json) -> Problem:
    ended = status.get("lastState", {}).get("terminated") or {}
    code, reason = ended.get("exitCode", "?"), ended.get("reason", "Error")
    what = f"It ended {status.get('restartCount', 0)} times, last with exit status {code} ({reason})."
    name = pod["metadata"]["name"]
    way_out = (
        "Raise the memory of the member, or lower what my.cnf makes mysqld use."
        if reason == "OOMKilled"
        else f"The whole log: kubectl logs {name} -c {status['name']} --previous."
    )
    return _pod_problem(pod, Kind.CRASH, what, way_out, status["name"])


def _container_statuses(pod: Json) -> list[Json]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


# --- what only events tell ----------------------------------------------------------------------------------------


_PROGRESS = {"SuccessfulAttachVolume", "Pulling", "Pulled", "Created", "Started"}


def _of_events(pod: Json, events: list[Json]) -> Problem | None:
    """A container that is being created for long looks healthy: what holds it up is only in the events."""
    waiting = {(status.get("state", {}).get("waiting") or {}).get("reason") for status in _container_statuses(pod)}
    if not waiting & {"ContainerCreating", "PodInitializing"}:
        return None
    event = _latest(events, {"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox"})
    if event is None or _overtaken(event, _latest(events, _PROGRESS)):
        return None
    if event["reason"] != "FailedCreatePodSandBox":
        message = str(event.get("message", ""))
        return _pod_problem(pod, Kind.MOUNT, _sentence(message), _mount_way_out(message))
    what = _sentence(str(event.get("message", "")))
    return _pod_problem(pod, Kind.SANDBOX, what, "The node's container runtime or network plug-in needs repair.")


def _mount_way_out(message: str) -> str:
    if "references non-existent secret key" in message or "references non-existent config key" in message:
        return "Add the key to the Secret, or name a Secret that has it."
    if "not found" in message:
        return "Create what is missing in the namespace, or correct its name in the stack's configuration."
    if "Multi-Attach" in message:
        return "The volume is still attached to another node: it is released when that node is back or removed."
    return "See the events of the pod: kubectl describe pod."


def _creation_refused(seen: Observed) -> Problem | None:
    """The StatefulSet's own events, where pods are missing because the API refuses them (quota, policy, account)."""
    stateful_set = seen.stateful_set or {}
    wanted = stateful_set.get("spec", {}).get("replicas", 0)
    if len(seen.pods) >= wanted:
        return None
    own = _events_of(stateful_set, seen)
    event = _latest(own, {"FailedCreate", "FailedUpdate"})
    if event is None or _overtaken(event, _latest(own, {"SuccessfulCreate"})):
        return None
    message = str(event.get("message", ""))
    where = f"StatefulSet {stateful_set['metadata']['name']}"
    return Problem(Kind.CREATE, where, _sentence(message), _refused_way_out(message))


def _refused_way_out(message: str) -> str:
    if "quota" in message:
        return "Raise the namespace's quota, or lower the resources of the members."
    if "PodSecurity" in message:
        return "Allow the pod in the namespace's Pod Security labels, or remove the override that breaks the standard."
    if "serviceaccount" in message or "service account" in message:
        return "Run it again: the service account was not there yet."
    return "Correct what the API server refuses."


# --- the agent ----------------------------------------------------------------------------------------------------


def _blocked(pod: Json, states: dict[str, Json]) -> Problem | None:
    state = states.get(pod["metadata"]["name"], {})
    if not state.get("blocked"):
        return None
    way_out = "See docs/operations.md, section 'A member that needs a person'. Nothing was changed."
    return _pod_problem(pod, Kind.BLOCKED, _sentence(str(state["blocked"])), way_out)


# --- helpers ------------------------------------------------------------------------------------------------------


def _pod_problem(pod: Json, kind: Kind, what: str, way_out: str, container: str | None = None) -> Problem:
    name = pod["metadata"]["name"]
    uid = pod["metadata"].get("uid", "")
    return Problem(kind, f"pod {name}", what, way_out, pod=name, container=container, uid=uid)


def _condition(pod: Json, kind: str) -> Json | None:
    return _first(c for c in pod.get("status", {}).get("conditions", []) if c.get("type") == kind)


def _first(items: Iterable[T | None]) -> T | None:
    return next((item for item in items if item is not None), None)


def _events_of(thing: Json, seen: Observed) -> list[Json]:
    uid = thing["metadata"].get("uid")
    return [event for event in seen.events if event.get("involvedObject", {}).get("uid") == uid]


def _latest(events: Iterable[Json], reasons: set[str]) -> Json | None:
    return max((event for event in events if event.get("reason") in reasons), key=_time, default=None)


def _overtaken(event: Json, later: Json | None) -> bool:
    """Events stay for an hour: one that speaks of trouble counts only until another speaks of progress."""
    return later is not None and _time(later) >= _time(event)


def _time(event: Json) -> str:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return max((str(time)[:19] for time in times if time), default="")


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
