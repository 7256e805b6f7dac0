"""A startup probe gives recovery its time, readiness keeps clients away, liveness ends what hangs."""

from __future__ import annotations

from collections.abc import Iterator

from ..databases import SCHEMA, database_containers, undecided
from ..manifest import Manifest
from ..pods import pod_of
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN, mapping

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
HANDLERS = {"exec", "httpGet", "tcpSocket", "grpc"}
ABOUT = About(
    "database-probes-set",
    "A database's container has a startup, a readiness and a liveness probe.",
    "Add the missing probe. Let liveness ask only whether the server answers: replication is no reason to restart it.",
    {**EXCEPTIONS, **SCHEMA},
)


def probes_set(manifest: Manifest, config: Config) -> Iterator[Finding]:
    pod = pod_of(manifest)
    if pod is None or manifest.partial:
        return
    databases = database_containers(pod, config)
    if not databases:
        yield from (*pod.not_known, *undecided(pod))
    for container in databases:
        where = f"{container.title} of {manifest.title}"
        missing: list[str] = []
        for probe in PROBES:
            given = container.body.get(probe)
            if given is UNKNOWN:
                yield NotKnown(f"{probe} of {where}")
            elif HANDLERS.isdisjoint(mapping(given)):
                missing.append(probe)
        if missing:
            yield Violation(f"{where} must have a {', a '.join(missing)} that asks the server.")


POLICY = resource_policy(ABOUT, probes_set)
