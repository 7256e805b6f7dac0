"""Whether the cluster works, and waiting until it does."""

import time
from collections.abc import Callable
from pathlib import Path

from sandbox import dns
from sandbox.errors import SandboxError, StepFailed, describe_failure
from sandbox.kube_api import Json, KubeApi
from sandbox.processes import Process, is_alive
from sandbox.progress import duration
from sandbox.record import Record
from sandbox.topology import API_SERVICE_ADDRESS, CLUSTER_DOMAIN, NODES

PATIENCE = 120.0
"""Seconds that each part of the cluster may take to work."""


def dead(found: Record) -> list[Process]:
    """The recorded processes that do not run any more."""
    return [process for process in found.processes if not is_alive(process)]


def hindrances(node: Json) -> list[str]:
    """Why a node, as the API gives it, takes no pods: none if it is Ready and has no taint."""
    conditions: list[Json] = node["status"].get("conditions", [])
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    taints: list[Json] = node["spec"].get("taints", [])
    return [*([] if ready else ["is not Ready"]), *(f"has the taint {taint['key']}" for taint in taints)]


def is_healthy(api: KubeApi) -> bool:
    """Whether the API server, all nodes and the names work."""
    return api.is_ready() and _nodes_usable(api) and _names_resolve()


def wait_until_healthy(api: KubeApi, made: Record) -> None:
    """Wait for `is_healthy`. Raises SandboxError if a process ends or a part takes longer than PATIENCE."""
    wait("the API server", api.is_ready, made)
    wait("all nodes to be Ready", lambda: _nodes_usable(api), made)
    wait("the cluster's DNS", _names_resolve, made)


def wait(what: str, is_so: Callable[[], bool], made: Record) -> None:
    """Wait for one part. Raises SandboxError if a process ends or it takes longer than PATIENCE."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        for process in dead(made):
            log = Path(process.launch.log)
            raise StepFailed(
                describe_failure(
                    f"waiting for {what}", f"{process.launch.name} has ended", log, log.read_text(errors="replace")
                )
            )
        if time.monotonic() > until:
            raise SandboxError(
                f"{what}: not so after {duration(PATIENCE)}; the logs are in "
                f"{Path(made.processes[0].launch.log).parent}; `down` removes what was started"
            )
        time.sleep(0.1)


def _nodes_usable(api: KubeApi) -> bool:
    try:
        usable = {node["metadata"]["name"] for node in api.list("/api/v1/nodes") if not hindrances(node)}
    except SandboxError:  # a server that is just starting
        return False
    return all(node.name in usable for node in NODES)


def _names_resolve() -> bool:
    return API_SERVICE_ADDRESS in dns.resolve(f"kubernetes.default.svc.{CLUSTER_DOMAIN}")
