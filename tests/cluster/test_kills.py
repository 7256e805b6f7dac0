"""Processes and pods are killed under a running write load: every acknowledged write is kept, and the cluster heals.

Semi-synchronous, so this must hold for the primary too. What is lost meanwhile is time only: see the gaps printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from .support.checker import longest_gap
from .support.deployment import HEAL_SECONDS, Deployment

Kill = Callable[[Deployment, int], None]

KILLS = [
    pytest.param(Deployment.kill_mysqld, id="mysqld"),
    pytest.param(Deployment.kill_agent, id="agent"),
    pytest.param(Deployment.kill_pod, id="pod"),
]
MEMBERS = [pytest.param(0, id="primary"), pytest.param(1, id="replica")]

READ_GAP_SECONDS = 10


@pytest.mark.parametrize("ordinal", MEMBERS)
@pytest.mark.parametrize("kill", KILLS)
def test_no_acknowledged_write_is_lost(cluster: Deployment, kill: Kill, ordinal: int) -> None:
    with cluster.load(writers=2) as load:
        began = time.monotonic()
        kill(cluster, ordinal)
        load.wait_for_writes(more=100, seconds=HEAL_SECONDS)
        cluster.wait_healthy(level=False)
        print(f"\n  healed after {time.monotonic() - began:.1f} s")
    cluster.wait_healthy()
    cluster.check(load)


def test_every_mysqld_at_once(cluster: Deployment) -> None:
    with cluster.load(writers=2) as load:
        with ThreadPoolExecutor() as pool:
            list(pool.map(cluster.kill_mysqld, cluster.ordinals))
        load.wait_for_writes(more=100, seconds=HEAL_SECONDS)
    cluster.wait_healthy()
    cluster.check(load)


def test_reads_go_on_while_the_primary_is_away(cluster: Deployment) -> None:
    with cluster.load() as load:
        reader = cluster.reader(load.table)
        reader.start()
        killed = time.monotonic()
        cluster.kill_pod(0)
        load.wait_for_writes(seconds=HEAL_SECONDS)
        back = time.monotonic()
        reader.end()
    cluster.wait_healthy()
    cluster.check(load)
    gap = longest_gap([killed, *(moment for moment in reader.reads.good if killed < moment < back), back])
    print(f"\n  writes were away for {back - killed:.1f} s, reads for {gap:.1f} s at most")
    assert gap < min(READ_GAP_SECONDS, back - killed), reader.last_error
