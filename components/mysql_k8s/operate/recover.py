"""Makes a stack usable again after a run that was killed: its lock, and what it was creating at that moment."""

from __future__ import annotations

import os
from collections.abc import Callable

from . import locks
from .documents import Json, part, rows, text
from .errors import OperateError
from .pulumi import Pulumi


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


def interrupted_creations(deployment: Json) -> dict[str, str | None]:
    """URN and Kubernetes identity of everything whose creation was begun and never noted as ended (pure)."""
    operations = rows(deployment, "pending_operations")
    resources = [part(operation, "resource") for operation in operations if text(operation, "type") == "creating"]
    return {text(resource, "urn"): _identity(resource) for resource in resources}


def _identity(resource: Json) -> str | None:
    """`namespace/name`, as the Kubernetes provider names objects; nothing for what does not live in Kubernetes."""
    if not text(resource, "type").startswith("kubernetes:"):
        return None
    metadata = part(resource, "inputs", "metadata")
    return "/".join(word for word in (text(metadata, "namespace"), text(metadata, "name")) if word) or None
