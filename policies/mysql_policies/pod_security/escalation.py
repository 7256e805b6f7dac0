"""Required: no way up to more rights, no root, no capabilities, and the runtime's seccomp filter."""

from __future__ import annotations

from collections.abc import Iterator

from ..pods import Pod
from ..values import UNKNOWN, dig, sequence
from .containers import CONFINED
from .problem import Check, Problem, of_container


def no_escalation(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    for container in pod.all_containers:
        value = of_container(container, "allowPrivilegeEscalation")
        if value is not False:
            yield Problem(container.title, "securityContext.allowPrivilegeEscalation", value, "false")


def capabilities_dropped(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    for container in pod.all_containers:
        dropped = of_container(container, "capabilities", "drop")
        if "ALL" in sequence(dropped):
            continue
        unknown = dropped is UNKNOWN or UNKNOWN in sequence(dropped)
        found = UNKNOWN if unknown else ", ".join(map(str, sequence(dropped))) or None
        yield Problem(container.title, "securityContext.capabilities.drop", found, "[ALL]")


def not_root(pod: Pod) -> Iterator[Problem]:
    of_pod = dig(pod.spec, "securityContext", "runAsNonRoot")
    for container in pod.all_containers:
        value = of_container(container, "runAsNonRoot")
        # An explicit false is found among what is forbidden.
        effective = of_pod if value is None else value
        if effective is None or effective is UNKNOWN:
            yield Problem(container.title, "securityContext.runAsNonRoot", effective, "true, here or for the pod")


def seccomp(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    of_pod = dig(pod.spec, "securityContext", "seccompProfile", "type")
    for container in pod.all_containers:
        profile = of_container(container, "seccompProfile")
        if profile is not None and profile is not UNKNOWN:
            continue
        if profile is UNKNOWN or of_pod is UNKNOWN or of_pod not in CONFINED:
            found = UNKNOWN if profile is UNKNOWN or of_pod is UNKNOWN else None
            wanted = f"{' or '.join(CONFINED)}, here or for the pod"
            yield Problem(container.title, "securityContext.seccompProfile.type", found, wanted)


REQUIRED_OF_CONTAINERS: tuple[Check, ...] = (no_escalation, capabilities_dropped, not_root, seccomp)
