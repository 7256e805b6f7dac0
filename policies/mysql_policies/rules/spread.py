"""Members on one node are lost together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..databases import SCHEMA, is_database, undecided
from ..manifest import Manifest
from ..pods import Pod, pod_of
from ..rule import ADVISORY, EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..selectors import selects
from ..values import UNKNOWN, Json, dig, has_unknown, mappings, sequence

ABOUT = About(
    "database-members-spread",
    "The members of a replicated database are spread over nodes or zones.",
    "Add podAntiAffinity or topologySpreadConstraints whose labelSelector matches the members.",
    {**EXCEPTIONS, **SCHEMA},
    ADVISORY,
)


def spread(manifest: Manifest, config: Config) -> Iterator[Finding]:
    pod = pod_of(manifest)
    replicas = dig(manifest.body, "spec", "replicas")
    if pod is None or manifest.kind != "StatefulSet" or manifest.partial:
        return
    if not is_database(pod, config):
        yield from undecided(pod)
        return
    if replicas is UNKNOWN:
        yield NotKnown(f"spec.replicas of {manifest.title}")
    elif (replicas or 1) > 1:
        answers = [selects(term.get("labelSelector"), pod.labels) for term in _terms(pod) if term.get("topologyKey")]
        if None in answers or has_unknown(pod.spec.get("affinity")):
            yield NotKnown(f"affinity of {manifest.title}")
        elif True not in answers:
            yield Violation(
                f"{manifest.title} has {int(replicas)} members and nothing that keeps them apart. Add podAntiAffinity "
                f"over kubernetes.io/hostname, or topologySpreadConstraints, that select the members."
            )


def _terms(pod: Pod) -> Iterator[Json]:
    anti: Any = dig(pod.spec, "affinity", "podAntiAffinity")
    yield from mappings(dig(anti, "requiredDuringSchedulingIgnoredDuringExecution"))
    for weighted in sequence(dig(anti, "preferredDuringSchedulingIgnoredDuringExecution")):
        yield from mappings([dig(weighted, "podAffinityTerm")])
    yield from mappings(pod.spec.get("topologySpreadConstraints"))


POLICY = resource_policy(ABOUT, spread)
