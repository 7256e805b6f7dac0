"""A startup probe that gives up before a member has its data back restarts it for ever.

The longest start is one from nothing: the whole data set comes over the network onto an empty volume. The claim's size
is the most that there can be. The default rate is what the standard SSD volumes of the large clouds write at the least
(125 MB/s: AWS gp3, Azure Premium SSD v2), less a fifth for what is written besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..databases import SCHEMA, database_containers, undecided
from ..manifest import Manifest
from ..pods import Container, pod_of
from ..quantities import MIB, quantity
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN, Json, dig, has_unknown, mapping, mappings

RATE_MIB, FLOOR_SECONDS = 100, 60
ABOUT = About(
    "database-startup-budget",
    "A database's startup probe waits long enough for the data set that its claim can hold.",
    "Raise failureThreshold * periodSeconds of the startup probe, or set this policy's `mibPerSecond` to what your "
    "volumes and network have been measured to do.",
    {
        **EXCEPTIONS,
        **SCHEMA,
        "mibPerSecond": {
            "type": "number",
            "exclusiveMinimum": 0,
            "description": f"how fast a member receives its data; {RATE_MIB} unless given",
        },
        "leastSeconds": {
            "type": "number",
            "minimum": 0,
            "description": f"for a claim however small: an empty data directory is made; {FLOOR_SECONDS} unless given",
        },
    },
)


def startup_budget(manifest: Manifest, config: Config) -> Iterator[Finding]:
    pod = pod_of(manifest)
    if pod is None or manifest.kind != "StatefulSet" or manifest.partial:
        return
    databases = database_containers(pod, config)
    if not databases:
        yield from undecided(pod)
    for container in databases:
        probe = container.body.get("startupProbe")
        size = _claimed(manifest, container)
        if not mapping(probe) or size is None:
            continue
        where = f"startup probe of {container.title} of {manifest.title}"
        if size is UNKNOWN or has_unknown({key: mapping(probe).get(key) for key in _DEFAULTS}):
            yield NotKnown(f"{where}, or the size of its claims")
            continue
        rate = float(config.get("mibPerSecond") or RATE_MIB)
        least = config.get("leastSeconds")
        needed = max(size / (rate * MIB), float(FLOOR_SECONDS if least is None else least))
        budget = _budget(mapping(probe))
        if budget < needed:
            yield Violation(
                f"{where} must wait {needed:.0f} s for a claim of {size / 2**30:.3g}Gi at {rate:g} MiB/s, got "
                f"{budget:g} s (failureThreshold * periodSeconds). Raise failureThreshold, or set the policy's "
                f"`mibPerSecond`."
            )


_DEFAULTS = {"initialDelaySeconds": 0, "periodSeconds": 10, "failureThreshold": 3}


def _budget(probe: Json) -> float:
    """Seconds until the kubelet gives up (Kubernetes: Probe; its defaults)."""
    delay, period, failures = (probe.get(key, default) for key, default in _DEFAULTS.items())
    return float(delay) + float(period) * float(failures)


def _claimed(manifest: Manifest, container: Container) -> Any:
    """Bytes of all claims that a member mounts into the container; UNKNOWN, or nothing if there is none."""
    templates = dig(manifest.body, "spec", "volumeClaimTemplates")
    if templates is UNKNOWN:
        return UNKNOWN
    mounted = {mount.get("name") for mount in mappings(container.body.get("volumeMounts"))}
    sizes = [
        dig(template, "spec", "resources", "requests", "storage")
        for template in mappings(templates)
        if dig(template, "metadata", "name") in mounted
    ]
    if UNKNOWN in sizes:
        return UNKNOWN
    known = [size for size in map(quantity, sizes) if size is not None]
    return sum(known) if known else None


POLICY = resource_policy(ABOUT, startup_budget)
