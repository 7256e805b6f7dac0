"""The life of a real Galera cluster of three mariadbd processes, in order: what the agents decide and do."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pymysql
import pytest
from mysqld_galera import BRIDGE, MEMBERS, GaleraMember, RealCluster, connect_as_agent
from mysqld_members import PASSWORDS, rootfs_of, write_mounts
from real_load import Load

from mysql_k8s import Galera, MariaDB, MySQLClusterArgs, my_cnf
from mysql_k8s.agent import accounts
from mysql_k8s.agent.settings import ForceStart
from mysql_k8s.agent.state import Cloning

pytestmark = pytest.mark.mysqld
KNOWN_TEXT = "a-text-that-nobody-may-read"


@pytest.fixture(scope="module")
def cluster() -> Iterator[RealCluster]:
    rootfs = rootfs_of("mariadb")
    with tempfile.TemporaryDirectory(prefix="galera-") as made:
        # Not below pytest's own folder: that is closed to the agent's user whenever another pytest begins.
        Path(made).chmod(0o755)
        yield from run(Path(made), rootfs)


def run(folder: Path, rootfs: Path) -> Iterator[RealCluster]:
    write_mounts(folder, [BRIDGE.address(ordinal) for ordinal in range(MEMBERS)])
    BRIDGE.make()
    config = my_cnf.render(MySQLClusterArgs(engine=MariaDB(), topology=Galera()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "TLS_FOLDER", folder / "tls")
        patch.setattr(accounts, "SECRETS_FOLDER", folder / "secrets")
        made = RealCluster(folder, rootfs, patch, config)
        for member in made.members:
            member.start()
        yield made
        for member in made.members:
            member.stop()
    BRIDGE.remove()


def load(cluster: RealCluster) -> Load:
    """As ``admin``: the agent's own account would write in spite of ``read_only``."""

    def connect(ordinal: int) -> pymysql.Connection[Any]:
        return connect_as_agent(
            host=BRIDGE.agents_way(ordinal), user="admin", password=PASSWORDS["admin"], autocommit=True,
            connect_timeout=2, read_timeout=15, ssl={"verify_mode": "none", "check_hostname": False},
        )  # fmt: skip

    return Load(*(partial(connect, member.ordinal) for member in cluster.members))


def history(member: GaleraMember) -> object:
    return member.query("SHOW STATUS LIKE 'wsrep_cluster_state_uuid'")[0][1]


def test_all_start_at_the_same_moment_and_become_one_cluster(cluster: RealCluster) -> None:
    took = cluster.until("cluster", lambda: cluster.is_whole, 400)
    print(f"a cluster of three after {took:.0f} s")
    assert len({history(member) for member in cluster.members}) == 1
    assert cluster.most_primaries == 1
    cluster.primary.query("CREATE TABLE app.t (id INT PRIMARY KEY)")


@pytest.mark.parametrize("who", ["writer", "reader"])
def test_a_killed_member(cluster: RealCluster, who: str) -> None:
    role = {"writer": "primary", "reader": "replica"}[who]
    killed = next(member for member in cluster.members if member.health.role == role)
    with load(cluster) as clients:
        clients.wait_for_writes(cluster)
        killed.kill()
        cluster.until("loss", lambda: not cluster.is_whole)
        clients.wait_for_writes(cluster)
    print(f"a killed {who}: {clients.longest_gap:.1f} s without a write")
    clients.nothing_lost(cluster, 300)
    assert cluster.most_primaries == 1


def test_a_total_outage_ends_unaided(cluster: RealCluster) -> None:
    before = history(cluster.primary)
    with load(cluster) as clients:
        clients.wait_for_writes(cluster)
        for member in cluster.members:
            member.kill()
        cluster.until("loss", lambda: not cluster.is_whole)
        writable = cluster.until("writer", lambda: "primary" in cluster.roles)
        print(f"total outage: writable after {writable:.0f} s")
        clients.wait_for_writes(cluster)
    clients.nothing_lost(cluster, 300)
    assert history(cluster.primary) == before
    assert cluster.most_primaries == 1


def test_a_member_that_was_cut_off_serves_nobody_and_comes_back(cluster: RealCluster) -> None:
    alone = cluster.primary
    alone.cut()
    started = time.monotonic()
    cluster.until("refusal", lambda: alone.query("SELECT @@read_only") == [(1,)])
    print(f"the isolated writer refuses clients after {time.monotonic() - started:.1f} s")
    cluster.until("successor", lambda: any(m is not alone and m.health.role == "primary" for m in cluster.members))
    assert alone.health.role is None
    alone.heal()
    cluster.until("whole cluster", lambda: cluster.is_whole)
    assert cluster.most_primaries == 1


def test_the_writes_are_handed_over_before_a_stop(cluster: RealCluster) -> None:
    leaver = cluster.primary
    with load(cluster) as clients:
        clients.wait_for_writes(cluster)
        leaver.stopping_since = time.monotonic()
        cluster.until("leave", lambda: leaver.done[-1].startswith("AllowStop"))
        clients.wait_for_writes(cluster)
    print(f"hand-over: {clients.longest_gap:.2f} s without a write")
    leaver.stopping_since = None
    clients.nothing_lost(cluster, 300)
    assert cluster.most_primaries == 1


def until_deleted(cluster: RealCluster, member: GaleraMember) -> None:
    """Until the transfer of all data has begun: what the member had is gone by then."""
    cluster.until("transfer", lambda: (member.volume / "data/.sst").exists())


def fill(cluster: RealCluster) -> None:
    primary = cluster.primary
    primary.query("CREATE TABLE app.large (id INT PRIMARY KEY, data LONGBLOB)")
    for first in range(0, 100, 10):
        rows = f"SELECT seq, REPEAT('{KNOWN_TEXT}', 40000) FROM app.seq_{first}_to_{first + 9}"
        primary.query(f"INSERT INTO app.large {rows}")


def test_an_interrupted_transfer_founds_nothing_and_is_done_again(cluster: RealCluster) -> None:
    """Killed in the middle together with all others: what was left is no data, and the others' is used."""
    fill(cluster)
    loser = next(member for member in cluster.members if member.health.role == "replica")
    loser.lose_volume()
    until_deleted(cluster, loser)
    for member in cluster.members:
        member.kill()
    cluster.until("whole cluster", lambda: cluster.is_whole, 400)
    assert loser.query("SELECT COUNT(*) FROM app.large") == [(100,)]
    assert not any("StartGroup" in done for done in loser.done[-10:])


def captured(loser: GaleraMember, folder: Path, during: Callable[[], object]) -> bytes:
    """Everything that the member receives meanwhile."""
    packets = folder / "packets"
    with packets.open("wb") as file:  # a pipe would be full, and the reader stand still
        reader = subprocess.Popen([*BRIDGE.inside(loser.ordinal), "python3", "-c", CAPTURE], stdout=file)
        try:
            during()
        finally:
            reader.send_signal(signal.SIGINT)
            reader.wait(30)
    return packets.read_bytes()


CAPTURE = """
import socket, sys
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
packets.bind(("eth0", 0))
try:
    while True:
        sys.stdout.buffer.write(packets.recv(65536))
except KeyboardInterrupt:
    pass
"""


def test_a_transfer_of_all_data_is_encrypted(cluster: RealCluster, tmp_path: Path) -> None:
    loser = next(member for member in cluster.members if member.health.role == "replica")
    loser.lose_volume()
    seen = captured(loser, tmp_path, lambda: cluster.until("whole cluster", lambda: cluster.is_whole, 400))
    assert len(seen) > 1_000_000
    assert KNOWN_TEXT.encode() not in seen
    assert loser.query("SELECT COUNT(*) FROM app.large") == [(100,)]


def test_a_transfer_of_all_data_tells_how_far_it_is(cluster: RealCluster) -> None:
    loser = next(member for member in cluster.members if member.health.role == "replica")
    seen: list[Cloning] = []

    def is_back() -> bool:
        seen.extend([loser.copying] if loser.copying else [])
        return cluster.is_whole

    for member in cluster.members:  # of a table that nobody has opened since it grew little is known
        member.query("SELECT COUNT(*) FROM app.large")
    loser.lose_volume()
    until_deleted(cluster, loser)
    cluster.until("whole cluster", is_back, 400)
    print(f"a transfer, as it was told: {seen}")
    others = {f"db-{member.ordinal}" for member in cluster.members if member is not loser}
    assert others & {each.donor for each in seen}
    assert all(each.total > 100_000_000 for each in seen if each.donor)
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert seen[-1].done > 100_000_000
    assert seen[-1].percent == 100
    assert loser.copying is None


def test_a_forced_start_begins_another_history(cluster: RealCluster) -> None:
    """What comes back later is not taken for a part of it, and is kept."""
    before = str(history(cluster.primary))
    cluster.until("whole cluster", lambda: cluster.is_whole)
    for member in cluster.members:
        member.kill()
    lost, *rest = reversed(cluster.members)
    lost.stop()
    for member in rest:
        member.settings = replace(member.settings, force_start=ForceStart(1, before))
    cluster.until("writer", lambda: cluster.members[1].health.role == "primary", 300)
    assert history(cluster.members[1]) != before
    lost.start()
    cluster.until("report", lambda: "belongs to another history" in lost.health.reason, 300)
    for member in rest:
        assert "another history" in member.health.reason or member.health.role == "primary"
