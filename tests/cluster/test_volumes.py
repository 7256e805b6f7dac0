"""The primary loses its claim and pod: it comes back with all data, from the replicas (theirs: `test_clone.py`)."""

from __future__ import annotations

from .support.deployment import HEAL_SECONDS, Deployment


def test_a_primary_that_lost_its_volume_comes_back_with_all_data(cluster: Deployment) -> None:
    with cluster.load() as load:
        cluster.lose(0)
        load.wait_for_writes(seconds=HEAL_SECONDS)
        cluster.wait_healthy(level=False)
    cluster.wait_healthy()
    cluster.check(load)


def test_a_primary_that_is_killed_with_its_volume_loses_no_acknowledged_write(cluster: Deployment) -> None:
    """The worst case: no time to hand anything over. Semi-synchronous replication alone must have kept the writes.

    The killed mysqld may take writes for a moment beside its successor's pod: the replicas have to cut it off first.
    """
    with cluster.load() as load:
        cluster.kube.delete_claim(cluster.claim(0))
        cluster.kill_pod(0)
        cluster.wait_healthy(level=False)
        load.wait_for_writes(seconds=HEAL_SECONDS)
    cluster.wait_healthy()
    cluster.check(load)
