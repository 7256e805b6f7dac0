"""What a pod's document says about the pod (pure)."""

from __future__ import annotations

from .documents import Json, part, rows, text

ROLE_LABEL = "mysql-k8s/role"


def is_ready(pod: Json) -> bool:
    return not is_ending(pod) and text(condition(pod, "Ready"), "status") == "True"


def is_ending(pod: Json) -> bool:
    return bool(text(pod, "metadata", "deletionTimestamp"))


def is_outdated(pod: Json, stateful_set: Json | None) -> bool:
    """Whether the pod was made from an earlier revision than the one that is being rolled out."""
    wanted = text(stateful_set, "status", "updateRevision")
    has = text(pod, "metadata", "labels", "controller-revision-hash")
    return bool(wanted and has and wanted != has)


def role(pod: Json) -> str | None:
    return text(pod, "metadata", "labels", ROLE_LABEL) or None


def condition(pod: Json, kind: str) -> Json:
    found = (each for each in rows(pod, "status", "conditions") if text(each, "type") == kind)
    return next(found, Json())


def containers(pod: Json) -> list[Json]:
    """The statuses of all containers, in the order in which they start."""
    return [*rows(pod, "status", "initContainerStatuses"), *rows(pod, "status", "containerStatuses")]


def is_running(pod: Json, container: str) -> bool:
    return any(text(each, "name") == container and part(each, "state", "running") for each in containers(pod))


def phase(pod: Json) -> str:
    """What the pod waits for, in a few words."""
    if is_ending(pod):
        return "is being ended"
    if not text(pod, "spec", "nodeName"):
        return "waits for a node"
    for container in containers(pod):
        if waiting := part(container, "state", "waiting"):
            return _waiting(text(container, "name"), text(waiting, "reason"))
    return "ready" if is_ready(pod) else "is starting"


def _waiting(container: str, reason: str) -> str:
    if reason in ("ContainerCreating", "PodInitializing", ""):
        return "is being set up (volumes, images)"
    return f"container {container} waits: {reason}"
