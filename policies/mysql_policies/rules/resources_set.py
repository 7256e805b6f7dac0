"""Without a request a node takes more than it can hold; without a memory limit one pod can take the node with it."""

from __future__ import annotations

from collections.abc import Iterator

from ..manifest import Manifest
from ..pods import pod_of
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN, dig

WANTED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
ABOUT = About(
    "pods-resources-set",
    "Every container requests CPU and memory, and has a memory limit.",
    "Set resources.requests.cpu, resources.requests.memory and resources.limits.memory. A CPU limit is not asked for: "
    "throttling stops a server while it holds locks.",
    EXCEPTIONS,
)


def resources_set(manifest: Manifest, config: Config) -> Iterator[Finding]:
    pod = pod_of(manifest)
    if pod is None or manifest.partial:
        return
    yield from pod.not_known
    of_pod = dig(pod.spec, "resources")
    for container in pod.all_containers:
        if container.role == "ephemeral container":
            continue
        where = f"{container.title} of {manifest.title}"
        of_container = dig(container.body, "resources")
        missing: list[str] = []
        for kind, what in WANTED:
            # A limit without a request is the request too (Kubernetes, "Resource Management for Pods and Containers").
            found = [dig(each, key, what) for each in (of_container, of_pod) for key in {kind, "limits"}]
            if UNKNOWN in found and not any(found):
                yield NotKnown(f"resources.{kind}.{what} of {where}")
            elif not any(found):
                missing.append(f"resources.{kind}.{what}")
        if missing:
            yield Violation(f"{where} must set {', '.join(missing)}.")


POLICY = resource_policy(ABOUT, resources_set)
