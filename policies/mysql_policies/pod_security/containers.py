"""Forbidden in any security context, of the pod or of a container."""

from __future__ import annotations

from collections.abc import Iterator

from ..pods import Pod
from ..values import UNKNOWN, dig, mapping, mappings, sequence
from .problem import Check, Problem, contexts, of_container

SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
CONFINED = ("RuntimeDefault", "Localhost")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")


def privileged(pod: Pod) -> Iterator[Problem]:
    for container in pod.all_containers:
        value = of_container(container, "privileged")
        if value not in (None, False):
            yield Problem(container.title, "securityContext.privileged", value, "false, or absent")


def host_process(pod: Pod) -> Iterator[Problem]:
    for where, path, context in contexts(pod):
        value = dig(context, "windowsOptions", "hostProcess")
        if value not in (None, False):
            yield Problem(where, f"{path}.windowsOptions.hostProcess", value, "false, or absent")


def host_ports(pod: Pod) -> Iterator[Problem]:
    for container in pod.all_containers:
        for port in mappings(container.body.get("ports")):
            if port.get("hostPort") not in (None, 0):
                yield Problem(container.title, "ports[].hostPort", port["hostPort"], "absent")


def added_capabilities(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    for container in pod.all_containers:
        added = of_container(container, "capabilities", "add")
        for capability in [UNKNOWN] if added is UNKNOWN else sequence(added):
            if capability != "NET_BIND_SERVICE":
                yield Problem(
                    container.title, "securityContext.capabilities.add", capability, "NET_BIND_SERVICE at the most"
                )


def selinux(pod: Pod) -> Iterator[Problem]:
    for where, path, context in contexts(pod):
        given = mapping(context.get("seLinuxOptions"))
        if given.get("type") is UNKNOWN or (given.get("type") or "") not in SELINUX_TYPES:
            allowed = ", ".join(sorted(SELINUX_TYPES - {""}))
            yield Problem(where, f"{path}.seLinuxOptions.type", given["type"], f"one of {allowed}")
        for field in ("user", "role"):
            if given.get(field) not in (None, ""):
                yield Problem(where, f"{path}.seLinuxOptions.{field}", given[field], "absent")


def proc_mount(pod: Pod) -> Iterator[Problem]:
    for container in pod.all_containers:
        value = of_container(container, "procMount")
        if value not in (None, "", "Default"):
            yield Problem(container.title, "securityContext.procMount", value, "Default, or absent")


def profiles(pod: Pod) -> Iterator[Problem]:
    for where, path, context in contexts(pod):
        for field in ("seccompProfile", "appArmorProfile"):
            given = context.get(field)
            value = UNKNOWN if given is UNKNOWN else dig(given, "type")
            if given is not None and value not in CONFINED and not (pod.windows and field == "seccompProfile"):
                yield Problem(where, f"{path}.{field}.type", value, " or ".join(CONFINED))


def root(pod: Pod) -> Iterator[Problem]:
    for where, path, context in contexts(pod):
        if context.get("runAsUser") is UNKNOWN or context.get("runAsUser") == 0:
            yield Problem(where, f"{path}.runAsUser", context["runAsUser"], "another number than 0, or absent")
        if context.get("runAsNonRoot") is False:
            yield Problem(where, f"{path}.runAsNonRoot", False, "true")


def handler_hosts(pod: Pod) -> Iterator[Problem]:
    for container in pod.all_containers:
        handlers = [(probe, dig(container.body, probe)) for probe in _PROBES]
        handlers += [(f"lifecycle.{hook}", dig(container.body, "lifecycle", hook)) for hook in _HOOKS]
        for name, handler in handlers:
            for kind in ("httpGet", "tcpSocket"):
                value = dig(handler, kind, "host")
                if handler is not UNKNOWN and value not in (None, ""):
                    yield Problem(container.title, f"{name}.{kind}.host", value, "absent")


FORBIDDEN_IN_CONTAINERS: tuple[Check, ...] = (
    privileged,
    host_process,
    host_ports,
    added_capabilities,
    selinux,
    proc_mount,
    profiles,
    root,
    handler_hosts,
)
