"""Data that only one member has is nothing to overwrite: the member says so, serves nobody, and keeps it."""

from __future__ import annotations

from .support.deployment import HEAL_SECONDS, Deployment
from .support.kube import restarts
from .support.waiting import NotYet, wait_for

ERRANT = -1


def test_an_errant_transaction_is_reported_and_never_overwritten(cluster: Deployment) -> None:
    with cluster.load() as load:
        uids = cluster.pod_uids()
        write_by_hand(cluster, 1, load.table)
        wait_until_blocked(cluster, 1)
        load.wait_for_writes(more=100)
        assert cluster.kube.endpoints("orders-read") == ["orders-0", "orders-2"]
        assert cluster.kube.endpoints("orders-replicas") == ["orders-2"]
        assert cluster.pod_uids() == uids
        pod = cluster.kube.pod("orders-1")
        assert pod and restarts(pod, "mysqld") == 0
        assert ERRANT in values(cluster, 1, load.table)
        assert ERRANT not in values(cluster, 0, load.table)
        cluster.lose(1)
        cluster.wait_healthy(level=False)
    cluster.wait_healthy()
    cluster.check(load)


def write_by_hand(cluster: Deployment, ordinal: int, table: str) -> None:
    """As root on the member's socket: nothing less can make a replica writable."""
    done = cluster.socket(
        ordinal,
        "SET GLOBAL super_read_only = OFF;"
        f" INSERT INTO app.{table} (value) VALUES ({ERRANT});"
        " SET GLOBAL super_read_only = ON",
    )
    assert done.status == 0, str(done)


def wait_until_blocked(cluster: Deployment, ordinal: int) -> None:
    def blocked() -> None:
        state = cluster.state(ordinal)
        left = cluster.pod(ordinal) not in cluster.kube.endpoints("orders-read")
        if not left or "errant" not in (state["blocked"] or ""):
            raise NotYet(f"{state['reason']}; out of the Service: {left}")

    wait_for(f"{cluster.pod(ordinal)} to report its errant transaction", blocked, HEAL_SECONDS)


def values(cluster: Deployment, ordinal: int, table: str) -> list[int]:
    read = cluster.socket(ordinal, f"SELECT value FROM app.{table} WHERE value < 0")
    assert read.status == 0, str(read)
    return [int(line) for line in read.output.split()]
