"""Processes stopped (SIGSTOP) and continued: what a machine that stalls looks like."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from cluster.support import processes

from sandbox import cgroups, record
from sandbox.paths import state_root

from .debts import Continue, HostProcess, Ledger
from .scene import Scene

CONTROL_PLANE = ("apiserver", "etcd")


@contextmanager
def mysqld_container(scene: Scene) -> Generator[None]:
    """mysqld and its script, while the agent beside it goes on."""
    with _stopped(scene.ledger, _container(scene, "mysqld")):
        yield


@contextmanager
def pod(scene: Scene) -> Generator[None]:
    """mysqld and the agent."""
    with _stopped(scene.ledger, [*_container(scene, "mysqld"), *_container(scene, "agent")]):
        yield


@contextmanager
def control_plane(scene: Scene) -> Generator[None]:
    """The API server and its store."""
    found = record.load(state_root())
    assert found, "the local Kubernetes does not run"
    running = [HostProcess(p.pid, p.start_time) for p in found.processes if p.launch.name in CONTROL_PLANE]
    assert len(running) == len(CONTROL_PLANE), f"the local Kubernetes has no {' or no '.join(CONTROL_PLANE)}"
    with _stopped(scene.ledger, running):
        yield


@contextmanager
def _stopped(ledger: Ledger, stopping: Iterable[HostProcess]) -> Generator[None]:
    them = list(stopping)
    with ledger.owing(*(Continue(process) for process in them)):
        for process in them:
            process.signal(signal.SIGSTOP)
        yield


def _container(scene: Scene, name: str) -> list[HostProcess]:
    first = processes.host_pid(scene.namespace, scene.pod, name)
    group = cgroup_path(Path(f"/proc/{first}/cgroup").read_text())
    return [HostProcess(pid, start_time) for pid, start_time in cgroups.members(group).items()]


def cgroup_path(text: str) -> str:
    """The control group that /proc/<pid>/cgroup names, below the root of every tree."""
    return text.splitlines()[0].split(":", 2)[2].lstrip("/")
