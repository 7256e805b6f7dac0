"""Pods deleted: in order, by force, with their volumes, all at once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from .scene import Scene


@contextmanager
def deleted(scene: Scene) -> Generator[None]:
    """With the time to stop in order that its description asks for."""
    scene.deployment.delete_pod(scene.ordinal)
    yield


@contextmanager
def killed(scene: Scene) -> Generator[None]:
    """With no time to stop."""
    scene.deployment.kill_pod(scene.ordinal)
    yield


@contextmanager
def every_one_killed(scene: Scene) -> Generator[None]:
    """All of them, with no time to stop."""
    deployment = scene.deployment
    before = {ordinal: deployment.pod_uid(ordinal) for ordinal in deployment.ordinals}
    for ordinal in before:
        deployment.kube.delete_pod(deployment.pod(ordinal), grace_seconds=0)
    yield
    for ordinal, uid in before.items():
        deployment.wait_for_successor(ordinal, uid)


@contextmanager
def lost_with_claim(scene: Scene) -> Generator[None]:
    """Its claim first, then the pod with no time to stop: what no other member has is gone."""
    if scene.volumes:
        scene.volumes.add(scene.node)  # for the successor: a released volume is not used again
    deployment = scene.deployment
    before = deployment.pod_uid(scene.ordinal)
    deployment.kube.delete_claim(deployment.claim(scene.ordinal))
    deployment.kube.delete_pod(scene.pod, grace_seconds=0)
    deployment.wait_for_successor(scene.ordinal, before)
    yield
