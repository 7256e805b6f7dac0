"""MariaDB alone and with replicas: faults under a write load, judged by what clients were told.

A new replica's data comes by a stream: what is killed meanwhile must neither lose a write nor leave a part of a copy.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import Deploy
from .support.deployment import HEAL_SECONDS, Deployment

MEGABYTES = 200
ROWS_AT_ONCE = 50
FILL = """
INSERT INTO app.large SELECT seq, REPEAT(RANDOM_BYTES(1024), 1024) FROM app.seq_{first}_to_{last};
"""
CHECKSUM = "SELECT COUNT(*) AS many, SUM(CRC32(data)) AS checksum, SUM(LENGTH(data)) AS bytes FROM app.large"


@pytest.fixture(scope="module")
def mariadb(deploy: Deploy) -> Iterator[Deployment]:
    """Three members, semi-synchronous, deployed once. Every test leaves them healthy."""
    made = deploy("mariadb", kind="replication", members=3, durability="semi-sync")
    made.up()
    made.wait_healthy()
    yield made


def test_a_write_reaches_the_replicas(mariadb: Deployment) -> None:
    with mariadb.load() as load:
        load.wait_for_writes(more=200)
    mariadb.wait_healthy()
    mariadb.check(load)
    assert mariadb.rows(1, "SELECT @@version AS version")[0]["version"].startswith("11.8.")


@pytest.mark.parametrize("ordinal", [0, 1])
def test_a_killed_server_loses_nothing(ordinal: int, mariadb: Deployment) -> None:
    with mariadb.load(writers=2) as load:
        mariadb.kill_mysqld(ordinal)
        load.wait_for_writes(more=100, seconds=HEAL_SECONDS)
        mariadb.wait_healthy(level=False)
    mariadb.wait_healthy()
    mariadb.check(load)
    print(f"\n  mariadbd of {mariadb.pod(ordinal)} killed: {load.longest_gap:.1f} s without a write")


def test_a_replica_that_lost_its_volume_is_filled_by_a_stream(mariadb: Deployment) -> None:
    with mariadb.load() as load:
        mariadb.lose(2)
        mariadb.wait_healthy(level=False)
    mariadb.wait_healthy()
    mariadb.check(load)
    print(f"\n  a replica lost: {load.longest_gap:.1f} s without a write")


def test_a_primary_that_lost_its_volume_comes_back_with_all_data(mariadb: Deployment) -> None:
    with mariadb.load() as load:
        mariadb.kube.delete_claim(mariadb.claim(0))
        mariadb.kill_pod(0)
        mariadb.wait_healthy(level=False)
        load.wait_for_writes(seconds=HEAL_SECONDS)
    mariadb.wait_healthy()
    mariadb.check(load)
    print(f"\n  the primary lost with its volume: {load.longest_gap:.1f} s without a write")


@pytest.fixture
def large(mariadb: Deployment) -> Iterator[Deployment]:
    """The cluster with a table that takes a while to copy."""
    mariadb.rows(0, "CREATE TABLE app.large (id INT PRIMARY KEY, data LONGBLOB)")
    for first in range(0, MEGABYTES, ROWS_AT_ONCE):
        filled = mariadb.socket(0, FILL.format(first=first, last=first + ROWS_AT_ONCE - 1))
        assert filled.status == 0, str(filled)
    mariadb.wait_healthy()
    yield mariadb
    mariadb.rows(0, "DROP TABLE app.large")


def test_a_stream_is_begun_anew_whatever_dies_meanwhile(large: Deployment) -> None:
    with large.load() as load:
        large.lose(2)
        stream = large.wait_for_clone(2)
        assert stream["donor"] == large.pod(1)
        assert stream["bytes_total"] > MEGABYTES * 2**20
        for killed in (2, 1):
            large.kill_mysqld(killed)
            large.wait_for_clone(2)
        large.kill_agent(2)
        large.wait_healthy(level=False)
    large.wait_healthy()
    large.check(load)
    found = [large.member(ordinal, "admin").rows(CHECKSUM, seconds=60)[0] for ordinal in large.ordinals]
    assert found[0]["bytes"] == MEGABYTES * 2**20
    assert found == [found[0]] * large.members


def test_scaling_out_and_in(mariadb: Deployment) -> None:
    with mariadb.load() as load:
        mariadb.scale(5)
        mariadb.wait_healthy(level=False)
        mariadb.scale(3)
        mariadb.wait_healthy(level=False)
    mariadb.wait_healthy()
    mariadb.check(load)
    print(f"\n  3 -> 5 -> 3: {load.longest_gap:.1f} s without a write")


def test_a_single_server(own: Deploy) -> None:
    alone = own("mariadb", kind="standalone")
    alone.up()
    with alone.load() as load:
        alone.kill_mysqld(0)
        load.wait_for_writes(more=50, seconds=HEAL_SECONDS)
    alone.wait_healthy()
    alone.check(load)
