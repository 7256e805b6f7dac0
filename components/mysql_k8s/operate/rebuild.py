"""`rebuild`: gives one member its data anew, from another one."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import restore
from .console import say, show
from .documents import Json, name_of, part, text
from .errors import OperateError
from .pods import is_ready
from .session import Session

MEMBER_SECONDS = 3600
POLL_SECONDS = 2.0


def rebuild(session: Session, member: int, confirm: Callable[[str], str]) -> None:
    """Delete a replica's copy of the data and have it clone another one's. Asks first."""
    target, kube = session.deployed, session.connect()
    restore.refuse_while_half_done(kube, target)
    stateful_set = kube.stateful_set(target.namespace, target.name)
    labels = part(stateful_set, "spec", "selector", "matchLabels")
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    pods = {name_of(pod): pod for pod in kube.pods(target.namespace, selector)} if labels else {}
    name = f"{target.name}-{member}"
    check_rebuild(name, pods)
    say(f"This deletes the claim data-{name} and its pod; the member then copies all data from another one.")
    if confirm(f"Type {name} to go on: ").strip() != name:
        raise OperateError("Nothing was changed: that is not the member's name.")
    before = text(pods.get(name), "metadata", "uid")
    kube.delete_claim(target.namespace, f"data-{name}")
    kube.delete_pod(target.namespace, name)
    deadline = time.monotonic() + MEMBER_SECONDS
    while time.monotonic() < deadline:
        found = {name_of(pod): pod for pod in kube.pods(target.namespace, selector)}.get(name)
        if found is not None and text(found, "metadata", "uid") != before and is_ready(found):
            show(f"{name} has its data anew.")
            return
        time.sleep(POLL_SECONDS)
    raise OperateError(f"{name} is not ready yet; it goes on by itself. See `make status`.")


def check_rebuild(name: str, pods: dict[str, Json]) -> None:
    """Refuse what could lose data (pure)."""
    roles = {pod: text(found, "metadata", "labels", "mysql-k8s/role") for pod, found in pods.items()}
    primaries = [pod for pod, role in roles.items() if role == "primary" and is_ready(pods[pod])]
    if not primaries:
        raise OperateError("No primary is ready: nobody is certain to have all data, so no copy is deleted.")
    if name in primaries:
        raise OperateError(f"{name} is the primary: what only it holds would be lost.")
    if name not in pods:
        raise OperateError(f"There is no member {name}; there are {', '.join(sorted(pods))}.")
