"""What a failed test leaves behind for a person to read."""

from __future__ import annotations

import json
from collections.abc import Callable

from .deployment import Deployment
from .kube import Json, is_ready, role_of
from .waiting import NotYet

EVENTS = 40


def evidence(deployment: Deployment) -> str:
    """Pods, states, events and logs of a cluster."""
    parts: list[tuple[str, Callable[[], str]]] = [
        ("pods", lambda: "\n".join(_pod(pod) for pod in deployment.kube.pods())),
        ("claims", lambda: "\n".join(f"{n}: {c['status']['phase']}" for n, c in deployment.kube.claims().items())),
        *((f"state of {deployment.pod(o)}", lambda o=o: _state(deployment, o)) for o in deployment.ordinals),
        ("events", lambda: _events(deployment.kube.events())),
        *(
            (f"log of {deployment.pod(o)}", lambda o=o: _logs(deployment, deployment.pod(o)))
            for o in deployment.ordinals
        ),
    ]
    return "\n".join(f"--- {title}\n{_tried(part)}" for title, part in parts)


def _tried(part: Callable[[], str]) -> str:
    """Evidence must not fail where everything else does."""
    try:
        return part()
    except Exception as error:
        return f"({type(error).__name__}: {error})"


def _pod(pod: Json) -> str:
    ending = " terminating" if "deletionTimestamp" in pod["metadata"] else ""
    statuses = [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]
    containers = "; ".join(f"{s['name']} {json.dumps(s['state'])} restarts {s['restartCount']}" for s in statuses)
    ready = "ready" if is_ready(pod) else "not ready"
    return f"{pod['metadata']['name']}: {pod['status']['phase']}{ending}, {ready}, role {role_of(pod)}; {containers}"


def _state(deployment: Deployment, ordinal: int) -> str:
    try:
        return json.dumps(deployment.state(ordinal))
    except NotYet as reason:
        return f"({reason})"


def _events(events: list[Json]) -> str:
    newest = sorted(events, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")[-EVENTS:]
    return "\n".join(
        f"{e.get('lastTimestamp') or e.get('eventTime')} {e['involvedObject']['name']} {e['reason']}: {e['message']}"
        for e in newest
    )


def _logs(deployment: Deployment, pod: str) -> str:
    return "\n".join(
        f"[{container}{' before' if previous else ''}]\n{deployment.kube.log(pod, container, previous=previous)}"
        for container in ("agent", "mysqld")
        for previous in (True, False)
    )
