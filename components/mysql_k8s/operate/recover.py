"""Makes a stack usable again after a run that was killed: its lock, and what it was creating at that moment."""

from __future__ import annotations

import os
from collections.abc import Callable

from . import locks
from .documents import Json, part, rows, text
from .errors import OperateError
from .pulumi import Pulumi

REFRESH = ("refresh", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress")


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
    """Look up what a killed run was creating: pulumi would create it once more, which the API refuses if it exists.

    `pulumi refresh --import-pending-creates` is meant for this but forgets the objects instead (seen with 3.220), so
    they go into the state as if their creation had been noted, and a refresh of just these drops what does not exist.
    """
    begun = interrupted_creations(deployment)
    if not begun:
        return
    say(f"An earlier run was killed while it made {len(begun)} objects: looking up which of them exist.")
    pulumi.replace_state(adopted(deployment))
    targets = [f"--target={text(resource, 'urn')}" for resource in begun if identity(resource)]
    if targets and pulumi.run(*REFRESH, *targets) != 0:
        raise OperateError("pulumi could not look up what the killed run had made; its message is above.")


def interrupted_creations(deployment: Json) -> list[Json]:
    """The resources whose creation was begun and never noted as ended (pure)."""
    operations = rows(deployment, "pending_operations")
    return [part(operation, "resource") for operation in operations if text(operation, "type") == "creating"]


def adopted(deployment: Json) -> Json:
    """The deployment with the Kubernetes objects among them noted as made, and the others forgotten (pure)."""
    begun = interrupted_creations(deployment)
    known = {text(resource, "urn") for resource in rows(deployment, "resources")}
    made = [
        {**resource, "id": identity(resource), "outputs": part(resource, "inputs")}
        for resource in begun
        if identity(resource) and text(resource, "urn") not in known
    ]
    return {**deployment, "resources": [*rows(deployment, "resources"), *made], "pending_operations": []}


def identity(resource: Json) -> str | None:
    """`namespace/name`, as the Kubernetes provider names objects; nothing for what does not live in Kubernetes."""
    if not text(resource, "type").startswith("kubernetes:"):
        return None
    metadata = part(resource, "inputs", "metadata")
    return "/".join(word for word in (text(metadata, "namespace"), text(metadata, "name")) if word) or None
