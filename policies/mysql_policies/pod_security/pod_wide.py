"""Forbidden in the pod as a whole: namespaces, volumes and kernel settings of the node."""

from __future__ import annotations

from collections.abc import Iterator

from ..pods import Pod
from ..values import UNKNOWN, dig, mapping, mappings, sequence
from .problem import Check, Problem

VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
}  # fmt: skip
_APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def host_namespaces(pod: Pod) -> Iterator[Problem]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field) not in (None, False):
            yield Problem("the pod", field, pod.spec[field], "false, or absent")


def volumes(pod: Pod) -> Iterator[Problem]:
    listed = pod.spec.get("volumes")
    if listed is UNKNOWN or UNKNOWN in sequence(listed):
        yield Problem("the pod", "volumes", UNKNOWN, "")
    for volume in mappings(listed):
        kinds = {key for key, value in volume.items() if key != "name" and value is not None}
        for kind in sorted(kinds - VOLUMES):
            yield Problem(f"volume '{volume.get('name')}'", "type", kind, f"one of {', '.join(sorted(VOLUMES))}")


def sysctls(pod: Pod) -> Iterator[Problem]:
    listed = dig(pod.spec, "securityContext", "sysctls")
    if listed is UNKNOWN:
        yield Problem("the pod", "securityContext.sysctls", UNKNOWN, "")
    for sysctl in mappings(listed):
        if sysctl.get("name") not in SYSCTLS:
            yield Problem(
                "the pod", "securityContext.sysctls", sysctl.get("name"), "none but the namespaced, safe ones"
            )


def apparmor_annotations(pod: Pod) -> Iterator[Problem]:
    for key, value in mapping(pod.metadata.get("annotations")).items():
        if not key.startswith(_APPARMOR_ANNOTATION) or value in (None, "", "runtime/default"):
            continue
        if value is UNKNOWN or not str(value).startswith("localhost/"):
            yield Problem("the pod", f"annotation {key}", value, "runtime/default or localhost/...")


FORBIDDEN_IN_PODS: tuple[Check, ...] = (host_namespaces, volumes, sysctls, apparmor_annotations)
