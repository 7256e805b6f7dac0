"""Asynchronous replication: what an orderly stop keeps, and what a sudden loss of the primary's volume costs.

The second one is also the check of the checks: a loss that really happened must be seen.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from faults.verdict import judge
from faults.workload import Workload

from .conftest import Deploy, remove
from .support import processes
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
    began = time.monotonic()
    with Workload(cluster) as work, frozen_agents(cluster) as go_on:
        for ordinal in cluster.replicas:
            stopped = cluster.socket(ordinal, "STOP REPLICA IO_THREAD")
            assert stopped.status == 0, str(stopped)
        work.load.wait_for_writes(more=50)
        cluster.kube.delete_claim(cluster.claim(0))
        cluster.kill_pod(0)
        work.load.end()
        go_on()
        cluster.wait_healthy(level=False)
    cluster.wait_healthy()
    found = judge(cluster, work, began)
    print(f"\n  {found.writes}", *found.lost[:12], sep="\n  ")
    assert len(found.writes.lost) >= 50
    assert not found.writes.unexpected
    # Each judge of the fault runs sees it in its own way.
    for sign in ("acknowledged writes are lost", "lacks the acknowledged transactions", "list ", "increment"):
        assert any(sign in finding for finding in found.lost), sign


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
