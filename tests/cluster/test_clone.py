"""A new replica of a larger data set: taken by CLONE from a replica, whatever is killed meanwhile."""

from __future__ import annotations

import pytest

from .conftest import Deploy
from .support.deployment import HEAL_SECONDS, Deployment
from .support.waiting import NotYet, wait_for

MEGABYTES = 500
MEGABYTES_PER_SECOND = 40
"""So that a fast machine's clone lasts long enough to be interrupted."""
ROWS_AT_ONCE = 50
FILL = """
SET SESSION cte_max_recursion_depth = 1000, binlog_transaction_compression = ON;
INSERT INTO app.large
WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
SELECT n, REPEAT(RANDOM_BYTES(1024), 1024) FROM numbers;
"""
CHECKSUM = "SELECT COUNT(*) AS many, SUM(CRC32(data)) AS checksum, SUM(LENGTH(data)) AS bytes FROM app.large"


@pytest.fixture
def large(own: Deploy) -> Deployment:
    """A cluster with a table of 500 MB."""
    cluster = own(kind="replication", members=3, durability="semi-sync")
    cluster.change(my_cnf={"clone_max_data_bandwidth": MEGABYTES_PER_SECOND})
    cluster.rows(0, "CREATE TABLE app.large (id INT PRIMARY KEY, data LONGBLOB)")
    for first in range(0, MEGABYTES, ROWS_AT_ONCE):
        filled = cluster.socket(0, FILL.format(first=first, last=first + ROWS_AT_ONCE - 1))
        assert filled.status == 0, str(filled)
    cluster.wait_healthy()
    return cluster


def test_a_large_replica_clones_from_a_replica_whatever_dies_meanwhile(large: Deployment) -> None:
    with large.load() as load:
        large.lose(2)
        clone = large.wait_for_clone(2)
        assert clone["donor"] == large.pod(1)
        assert clone["bytes_total"] > MEGABYTES * 2**20
        assert_progress(large, clone)
        kill_during_clone(large, 2)
        large.wait_for_clone(2)
        kill_during_clone(large, 1)
        large.wait_healthy(level=False)
    large.wait_healthy()
    large.check(load)
    status = "SELECT state, SUBSTRING_INDEX(source, '.', 1) AS donor FROM performance_schema.clone_status"
    assert large.rows(2, status) == [{"state": "Completed", "donor": "orders-1"}]
    found = [large.member(ordinal, "admin").rows(CHECKSUM, seconds=60)[0] for ordinal in large.ordinals]
    assert found[0]["bytes"] == MEGABYTES * 2**20
    assert found == [found[0]] * large.members


def kill_during_clone(cluster: Deployment, ordinal: int) -> None:
    began = cluster.state(2)["clone"]
    assert began, "the clone is over already"
    cluster.kill_mysqld(ordinal)


def assert_progress(cluster: Deployment, before: dict[str, int]) -> None:
    def further() -> None:
        now = cluster.state(2)["clone"]
        if not now or now["percent"] <= before["percent"]:
            raise NotYet(f"{before}, then {now}")

    wait_for("progress", further, HEAL_SECONDS, every=0.05)
