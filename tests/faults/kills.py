"""Processes killed without warning (SIGKILL)."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

from cluster.support import processes
from cluster.support.waiting import NotYet, wait_for

from sandbox.errors import SandboxError

from .scene import RETURN_SECONDS, Scene


@contextmanager
def mysqld(scene: Scene) -> Generator[None]:
    """Ends when another mysqld runs."""
    before = _mysqld(scene, scene.ordinal)
    os.kill(before, signal.SIGKILL)
    yield
    _wait_for_another(scene, scene.ordinal, before)


@contextmanager
def every_mysqld(scene: Scene) -> Generator[None]:
    """Of all members, at the same moment."""
    before = {ordinal: _mysqld(scene, ordinal) for ordinal in scene.deployment.ordinals}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    yield
    for ordinal, pid in before.items():
        _wait_for_another(scene, ordinal, pid)


@contextmanager
def agent(scene: Scene) -> Generator[None]:
    """Ends when the agent's container runs again."""
    before = processes.host_pid(scene.namespace, scene.pod, "agent")
    os.kill(before, signal.SIGKILL)
    yield

    def restarted() -> None:
        try:
            now = processes.host_pid(scene.namespace, scene.pod, "agent")
        except SandboxError as error:
            raise NotYet(str(error)) from None
        if now == before:
            raise NotYet("the old one is still there")

    wait_for(f"another agent in {scene.pod}", restarted, RETURN_SECONDS)


def _mysqld(scene: Scene, ordinal: int) -> int:
    return processes.mysqld_pid(scene.namespace, scene.deployment.pod(ordinal))


def _wait_for_another(scene: Scene, ordinal: int, before: int) -> None:
    def restarted() -> None:
        try:
            now = _mysqld(scene, ordinal)
        except (LookupError, SandboxError) as error:
            raise NotYet(str(error)) from None
        if now == before:
            raise NotYet("the old one is still there")

    wait_for(f"another mysqld in {scene.deployment.pod(ordinal)}", restarted, RETURN_SECONDS)
