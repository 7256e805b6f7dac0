"""Makes a stack usable again after a run that was killed: its lock, and what it was creating at that moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from . import locks
from .errors import OperateError
from .pulumi import Pulumi

Json = dict[str, Any]


def unlock(pulumi: Pulumi, say: Callable[[str], None]) -> None:
    """Remove locks whose processes are gone. A living one is waited for by the user, not by us."""
    backend = locks.local_backend(pulumi.environment.get("PULUMI_BACKEND_URL", ""))
    if backend is None:
        return
    found = locks.read(backend, pulumi.project)
    if not found:
        return
    if not locks.abandoned(found, os.uname().nodename, locks.pulumi_runs):
        lock = found[0]
        raise OperateError(
            f"Another pulumi (process {lock.pid} on {lock.host}, since {lock.since}) is changing this stack. "
            f"Wait for it, or end it with `kill -INT {lock.pid}`."
        )
    say("An earlier run was killed and left its lock: removing it.")
    pulumi.ask("cancel", "--yes", "--stack", pulumi.project.stack)


def adopt_interrupted(pulumi: Pulumi, deployment: Json, say: Callable[[str], None]) -> None:
    """Let pulumi look up what a killed run was creating: else it would create it once more, which the API refuses."""
    creating = interrupted_creations(deployment)
    if not creating:
        return
    say(f"An earlier run was killed while it made {len(creating)} objects: looking up which of them exist.")
    found = {urn: identity for urn, identity in creating.items() if identity}
    imports = [word for urn, identity in found.items() for word in ("--import-pending-creates", f"{urn} {identity}")]
    targets = [word for urn in creating for word in ("--target", urn)]
    running = pulumi.start("refresh", "--yes", "--skip-preview", "--clear-pending-creates", *imports, *targets)
    if running.wait(None) != 0:
        raise OperateError("pulumi could not look up what the killed run had made; its message is above.")


def interrupted_creations(deployment: Mapping[str, Any]) -> dict[str, str | None]:
    """URN and Kubernetes identity of everything whose creation was begun and never noted as ended (pure)."""
    operations = deployment.get("pending_operations") or []
    return {
        operation["resource"]["urn"]: _identity(operation["resource"])
        for operation in operations
        if operation["type"] == "creating"
    }


def _identity(resource: Mapping[str, Any]) -> str | None:
    """`namespace/name`, as the Kubernetes provider names objects; nothing for what does not live in Kubernetes."""
    if not str(resource["type"]).startswith("kubernetes:"):
        return None
    metadata = resource.get("inputs", {}).get("metadata", {})
    parts = (metadata.get("namespace"), metadata.get("name"))
    return "/".join(part for part in parts if part) or None
