"""A run from the deploying to the removing of its cluster."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.support import lifetime
from cluster.support.deployment import Deployment
from cluster.support.small_volumes import VolumePool

from sandbox import on_demand
from sandbox.layout import Layout
from sandbox.paths import state_root
from sandbox.progress import Reporter
from sandbox.topology import NODES

from . import facts
from .debts import Ledger, Volumes
from .results import Run
from .runner import Runner
from .scene import Scene
from .schedule import Step

TOPOLOGIES: dict[str, dict[str, Any]] = {
    "semi-sync": {"kind": "replication", "members": 3, "durability": "semi-sync"},
    "async": {"kind": "replication", "members": 3, "durability": "async"},
    "group-replication": {"kind": "group-replication", "members": 3},
    "mariadb": {"engine": "mariadb", "kind": "replication", "members": 3, "durability": "semi-sync"},
    "galera": {"engine": "mariadb", "kind": "galera", "members": 3},
}
"""By the names that people give; of MySQL where no engine is named."""


@dataclass(frozen=True)
class Plan:
    """What is to be run."""

    seed: int
    topology: dict[str, Any]
    """With the engine, unless that is MySQL."""
    faults: list[str]
    steps: Iterable[Step]
    seconds: float | None
    """No fault begins later than this after the first one; None: all of them do."""


def within(steps: Iterable[Step], seconds: float | None) -> Iterator[Step]:
    """The steps, until the time is over."""
    began = time.monotonic()
    for step in steps:
        if seconds is not None and time.monotonic() - began >= seconds:
            return
        yield step


def described(plan: Plan, began: str) -> Run:
    """The run before its first result."""
    command = " ".join(["python -m tests.faults", *sys.argv[1:]])
    return Run(
        plan.seed, plan.topology, began, command, facts.revision(), facts.machine(), facts.versions(), plan.faults
    )


def sandbox_kubeconfig() -> str:
    """The local Kubernetes' own: only there can nodes, processes and packets be got at."""
    return str(Layout(state_root()).kubeconfig)


@contextmanager
def stage(plan: Plan, folder: Path) -> Generator[Runner]:
    """A cluster for the run, on volumes that can become full; all of it is gone afterwards."""
    kubeconfig = sandbox_kubeconfig()
    lifetime.remove_abandoned(kubeconfig)
    if "engine" in plan.topology:
        on_demand.provide(plan.topology["engine"], Reporter())
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        deployment = lifetime.prepare(kubeconfig, Path(scratch, "project"), **plan.topology)
        storage_class, ledger, images = deployment.namespace, Ledger(), Path(scratch, "volumes")
        pool = VolumePool(kubeconfig, images, storage_class)
        with ledger.owing(Volumes(kubeconfig, storage_class, str(images))), pool, removed(deployment):
            for node in NODES:
                pool.add(node)
            deployment.change(storage={"size": "1Gi", "storage_class": storage_class})
            deployment.wait_healthy()
            yield Runner(Scene(deployment, pool, ledger, ordinal=0), folder)


@contextmanager
def removed(deployment: Deployment) -> Generator[None]:
    """Whatever happens inside, the cluster is gone afterwards."""
    try:
        yield
    finally:
        lifetime.remove(deployment)


@contextmanager
def quiet(log: Path) -> Generator[None]:
    """What the tests' support prints goes to a file."""
    with log.open("a", buffering=1) as file, contextlib.redirect_stdout(file):
        yield
