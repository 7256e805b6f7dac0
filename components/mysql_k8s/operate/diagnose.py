"""What keeps the members from starting, read from the objects of the Kubernetes API (pure).

Only what does not pass by itself is a problem. A pod that pulls an image, waits for a volume or takes a copy of the
data is none, however long that takes.
"""

from __future__ import annotations

import re

from . import events as told
from .documents import Json, name_of, part, rows, sentence, text
from .pods import condition, containers, is_ending
from .problems import Kind, Observed, Problem, of_pod

IMAGE_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
CREATE_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"})
SETUP_REASONS = frozenset({"ContainerCreating", "PodInitializing"})

NODE_COMES = frozenset({"TriggeredScaleUp", "Nominated"})
NO_VOLUME = frozenset({"FailedBinding", "ProvisioningFailed"})
NO_MOUNT = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
NO_NETWORK = frozenset({"FailedCreatePodSandBox"})
SETUP_GOES_ON = frozenset({"SuccessfulAttachVolume", "Pulling", "Pulled", "Created", "Started"})
NO_POD = frozenset({"FailedCreate", "FailedUpdate"})
POD_MADE = frozenset({"SuccessfulCreate"})


def diagnose(seen: Observed) -> list[Problem]:
    """Everything that will not pass by itself, at most one problem for each pod: the one nearest to the cause."""
    found = [*(_of_pod(pod, seen) for pod in seen.pods if not is_ending(pod)), _refused(seen)]
    return [problem for problem in found if problem is not None]


def _of_pod(pod: Json, seen: Observed) -> Problem | None:
    return (
        _ended(pod)
        or _unschedulable(pod, seen)
        or _of_containers(pod)
        or _setup(pod, seen)
        or _blocked(pod, seen.states)
    )


def _ended(pod: Json) -> Problem | None:
    if text(pod, "status", "phase") != "Failed":
        return None
    what = f"{text(pod, 'status', 'reason') or 'Failed'}: {text(pod, 'status', 'message') or 'no message'}"
    return of_pod(pod, Kind.ENDED, what, "See what the node lacks: kubectl describe node.")


# --- a place to run -----------------------------------------------------------------------------------------------


def _unschedulable(pod: Json, seen: Observed) -> Problem | None:
    scheduled = condition(pod, "PodScheduled")
    if text(scheduled, "status") != "False" or text(scheduled, "reason") != "Unschedulable":
        return None
    if told.latest(told.of(pod, seen.events), NODE_COMES):
        return None
    message = text(scheduled, "message")
    return _claim(pod, seen) or of_pod(pod, Kind.SCHEDULE, message, _scheduling_way_out(message))


def _scheduling_way_out(message: str) -> str:
    if "anti-affinity" in message:
        return "There are fewer free nodes than members: add nodes, or set scheduling.anti_affinity to preferred."
    if "Insufficient" in message:
        return "Lower `resources`, or add a node that has this much left."
    if "affinity" in message or "selector" in message:
        return "Correct scheduling.node_selector and scheduling.tolerations, or add a node that they fit."
    if "taint" in message:
        return (
            "`kubectl describe nodes` shows the taints. One of kubelet's own, such as disk-pressure, tells what the"
            " node lacks; for others, correct scheduling.tolerations, or add a node without them."
        )
    return "Add a node that fits, or change `resources` and `scheduling`."


def _claim(pod: Json, seen: Observed) -> Problem | None:
    names = {text(volume, "persistentVolumeClaim", "claimName") for volume in rows(pod, "spec", "volumes")}
    for claim in seen.claims:
        if name_of(claim) in names and text(claim, "status", "phase") == "Pending":
            return _pending(claim, pod, seen)
    return None


def _pending(claim: Json, pod: Json, seen: Observed) -> Problem | None:
    storage_class = text(claim, "spec", "storageClassName")
    event = told.latest(told.of(claim, seen.events), NO_VOLUME)
    if not storage_class:
        what = "The claim names no storage class and the cluster has no default one."
        way_out = "Set storage.storage_class to one of `kubectl get storageclass`, or mark one as the default."
    elif event:
        what = sentence(f"Storage class {storage_class!r}: {text(event, 'message')}")
        way_out = "Set storage.storage_class to one of `kubectl get storageclass`, or repair its provisioner."
    else:
        return None
    where = f"claim {name_of(claim)} of pod {name_of(pod)}"
    return Problem(Kind.CLAIM, where, what, way_out, pod=name_of(pod), uid=text(pod, "metadata", "uid"))


# --- containers ---------------------------------------------------------------------------------------------------


def _of_containers(pod: Json) -> Problem | None:
    return next((problem for status in containers(pod) if (problem := _of_container(pod, status))), None)


def _of_container(pod: Json, status: Json) -> Problem | None:
    waiting = part(status, "state", "waiting")
    reason, message, name = text(waiting, "reason"), text(waiting, "message"), text(status, "name")
    if reason in IMAGE_REASONS:
        what = f"Image {text(status, 'image')}: {_pull_error(message) or reason}"
        way_out = "Correct the image's name, or give the cluster access to its registry (pull secret, network)."
        return of_pod(pod, Kind.IMAGE, what, way_out, name)
    if reason in CREATE_REASONS:
        return of_pod(pod, Kind.CONFIG, message or reason, _missing_way_out(message), name)
    return _crash(pod, status) if reason == "CrashLoopBackOff" else None


def _pull_error(message: str) -> str:
    """The cause alone: runtimes wrap it in what they were doing, each time with the image's name."""
    doing = r"(Back-off pulling image|failed to pull and unpack image|failed to resolve reference|failed to do request)"
    return re.sub(rf'(ErrImagePull: |{doing}(: \w+)? "[^"]*": |rpc error: code = \w+ desc = )', "", message)


def _crash(pod: Json, status: Json) -> Problem:
    name = text(status, "name")
    ended = part(status, "lastState", "terminated")
    reason = text(ended, "reason") or "Error"
    what = f"Exit status {text(ended, 'exitCode') or 'unknown'} ({reason}), {text(status, 'restartCount')} restarts. "
    what += text(ended, "message")
    log = f"The whole log: kubectl --namespace {text(pod, 'metadata', 'namespace')} logs {name_of(pod)} -c {name} -p"
    memory = "Raise `resources.memory`, or lower what `my_cnf` makes mysqld use."
    return of_pod(pod, Kind.CRASH, what, memory if reason == "OOMKilled" else log, name)


def _missing_way_out(message: str) -> str:
    if "non-existent" in message:
        return "Add the key, or name a Secret that has it."
    if "not found" in message:
        return "Create what is missing in the namespace, or correct its name in the stack's configuration."
    return "Correct the stack's configuration; more is in: kubectl describe pod."


# --- what only events tell ----------------------------------------------------------------------------------------


def _setup(pod: Json, seen: Observed) -> Problem | None:
    """A pod that is being set up for long looks healthy: what holds it up is only in the events."""
    if not any(text(status, "state", "waiting", "reason") in SETUP_REASONS for status in containers(pod)):
        return None
    own = told.of(pod, seen.events)
    if event := told.standing(own, NO_MOUNT, SETUP_GOES_ON):
        message = text(event, "message")
        return of_pod(pod, Kind.MOUNT, message, _mount_way_out(message))
    if event := told.standing(own, NO_NETWORK, SETUP_GOES_ON):
        return of_pod(pod, Kind.NETWORK, text(event, "message"), "The node's container runtime needs repair.")
    return None


def _mount_way_out(message: str) -> str:
    if "Multi-Attach" in message:
        return "The volume is attached to another node: it is released when that node is back, or removed."
    return _missing_way_out(message)


def _refused(seen: Observed) -> Problem | None:
    """Pods that the API refuses to make, for a quota or a policy, show in the events of the StatefulSet alone."""
    if seen.stateful_set is None or len(seen.pods) >= int(text(seen.stateful_set, "spec", "replicas") or 1):
        return None
    event = told.standing(told.of(seen.stateful_set, seen.events), NO_POD, POD_MADE)
    if event is None:
        return None
    message = text(event, "message")
    where = f"StatefulSet {name_of(seen.stateful_set)}"
    return Problem(Kind.CREATE, where, sentence(message), _refused_way_out(message))


def _refused_way_out(message: str) -> str:
    if "quota" in message:
        return "Raise the namespace's quota, or lower `resources`."
    if "PodSecurity" in message:
        return "Allow it in the namespace's Pod Security labels, or take back the change that breaks the standard."
    return "Correct what the API server refuses."


# --- the agent ----------------------------------------------------------------------------------------------------


def _blocked(pod: Json, states: dict[str, Json]) -> Problem | None:
    blocked = text(states.get(name_of(pod)), "blocked")
    if not blocked:
        return None
    way_out = 'Nothing was changed. See "A member that needs a person" in docs/operations.md.'
    return of_pod(pod, Kind.BLOCKED, blocked, way_out)
