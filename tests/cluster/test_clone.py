"""A new replica of a larger data set: taken by CLONE from a replica, whatever is killed meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from .support import processes
from .support.deployment import HEAL_SECONDS, Deployment
from .support.waiting import NotYet, wait_for

MEGABYTES = 500
FILL = """
SET SESSION cte_max_recursion_depth = 1000, binlog_transaction_compression = ON;
CREATE TABLE app.large (id INT PRIMARY KEY, data LONGBLOB);
"""
FILL_20 = """
INSERT INTO app.large
WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
SELECT n, REPEAT(RANDOM_BYTES(1024), 1024) FROM numbers;
"""
CHECKSUM = "SELECT COUNT(*) AS many, SUM(CRC32(data)) AS checksum, SUM(LENGTH(data)) AS bytes FROM app.large"


@pytest.fixture
def large(cluster: Deployment) -> Iterator[Deployment]:
    """The cluster with a table of 500 MB."""
    fills = [FILL_20.format(first=first, last=first + 19) for first in range(0, MEGABYTES, 20)]
    if not cluster.rows(0, "SHOW TABLES FROM app LIKE 'large'"):
        filled = cluster.socket(0, FILL + "".join(fills))
        assert filled.status == 0, str(filled)
        cluster.wait_healthy()
    yield cluster


def checksums(cluster: Deployment) -> list[dict[str, int]]:
    return [cluster.member(ordinal, "admin").rows(CHECKSUM, seconds=60)[0] for ordinal in cluster.ordinals]


def assert_all_data(cluster: Deployment) -> None:
    found = checksums(cluster)
    assert found[0]["bytes"] == MEGABYTES * 2**20
    assert found == [found[0]] * cluster.members


def test_a_new_replica_clones_from_a_replica(large: Deployment) -> None:
    large.lose(2)
    clone = large.wait_for_clone(2)
    assert clone["donor"] == large.pod(1)
    assert clone["bytes_total"] > MEGABYTES * 2**20

    def further() -> None:
        now = large.state(2)["clone"]
        if not now or now["percent"] <= clone["percent"]:
            raise NotYet(f"{clone}, then {now}")

    wait_for("progress", further, HEAL_SECONDS, every=0.05)
    large.wait_healthy()
    status = "SELECT state, source FROM performance_schema.clone_status"
    assert large.rows(2, status) == [{"state": "Completed", "source": f"{large._host(1)}:3306"}]
    assert_all_data(large)


@pytest.mark.parametrize("victim", [pytest.param(2, id="recipient"), pytest.param(1, id="donor")])
def test_a_clone_survives_the_death_of(large: Deployment, victim: int) -> None:
    with large.load() as load:
        large.lose(2)
        large.wait_for_clone(2)
        killed = processes.mysqld_pid(large.namespace, large.pod(victim))
        os.kill(killed, signal.SIGKILL)
        large.wait_for_mysqld(victim, other_than=killed)
        large.wait_healthy(level=False)
    large.wait_healthy()
    large.check(load)
    assert_all_data(large)
