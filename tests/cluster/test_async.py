"""Asynchronous replication: what an orderly stop keeps, and what a sudden loss of the primary's volume costs.

The second one is also the check of the checks: a loss that really happened must be seen.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from .conftest import Deploy, remove
from .support import processes
from .support.checker import check
from .support.deployment import HEAL_SECONDS, Deployment


@pytest.fixture(scope="module")
def asynchronous(deploy: Deploy, deployments: list[Deployment]) -> Iterator[Deployment]:
    cluster = deploy(kind="replication", members=3, durability="async")
    cluster.up()
    yield cluster
    remove(cluster, deployments)


def test_an_orderly_deletion_of_the_primary_with_its_claim_loses_nothing(asynchronous: Deployment) -> None:
    cluster = asynchronous
    cluster.wait_healthy()
    with cluster.load() as load:
        cluster.lose(0)
        load.wait_for_writes(seconds=HEAL_SECONDS)
    cluster.wait_healthy()
    cluster.check(load)


def test_a_sudden_loss_is_caught(asynchronous: Deployment) -> None:
    cluster = asynchronous
    cluster.wait_healthy()
    with cluster.load() as load, frozen_agents(cluster) as go_on:
        for ordinal in cluster.replicas:
            stopped = cluster.socket(ordinal, "STOP REPLICA IO_THREAD")
            assert stopped.status == 0, str(stopped)
        load.wait_for_writes(more=50)
        cluster.kube.delete_claim(cluster.claim(0))
        cluster.kill_pod(0)
        load.end()
        go_on()
    cluster.wait_healthy()
    found = cluster.service("primary").rows(f"SELECT value FROM {load.table} FOR UPDATE")
    verdict = check(load.history.writes(), [row["value"] for row in found])
    print(f"\n  {verdict}")
    assert len(verdict.lost) >= 50
    assert not verdict.unexpected


@contextmanager
def frozen_agents(cluster: Deployment) -> Iterator[Callable[[], None]]:
    """The agents of the replicas stand still, so that they do not start replication again."""
    agents = [processes.host_pid(cluster.namespace, cluster.pod(ordinal), "agent") for ordinal in cluster.replicas]

    def thaw() -> None:
        for pid in agents:
            os.kill(pid, signal.SIGCONT)

    for pid in agents:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield thaw
    finally:
        thaw()
