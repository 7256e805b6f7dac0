"""The life of a real group of three mysqld processes, in order: what the agents decide and do."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pymysql
import pytest
from mysqld_group import RealGroup, running_group
from mysqld_members import rootfs_of

from mysql_k8s.agent.group_accounts import ELECTION_COMPONENT

pytestmark = pytest.mark.mysqld


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGroup]:
    with running_group(tmp_path_factory.mktemp("group"), rootfs_of("mysql")) as made:
        yield made


def test_all_start_at_the_same_moment_and_become_one_group(group: RealGroup) -> None:
    took = group.until("group", lambda: group.is_whole)
    print(f"a group of three after {took:.0f} s")
    names = {str(member.query("SELECT name FROM mysql_k8s.replication_group")) for member in group.members}
    assert len(names) == 1
    assert group.most_primaries == 1
    urns = {str(member.query("SELECT component_urn FROM mysql.component")) for member in group.members}
    assert urns == {f"[('{ELECTION_COMPONENT}',)]"}, "elections prefer who has applied most"


def test_a_killed_primary_is_succeeded(group: RealGroup) -> None:
    group.primary.query("CREATE TABLE app.t (id INT PRIMARY KEY)")
    killed = group.primary
    with group.load() as clients:
        clients.wait_for_writes(group)
        killed.signal(signal.SIGKILL)
        group.until("successor", lambda: any(m is not killed and m.health.role == "primary" for m in group.members))
        clients.wait_for_writes(group)
    told = "SHOW GLOBAL STATUS LIKE 'Gr_latest_primary_election_by_most_uptodate_member_timestamp'"
    assert group.primary.query(told)[0][1], "the component took part in the election"
    print(f"a killed primary: {clients.longest_gap:.1f} s without a write")
    clients.nothing_lost(group)
    assert group.most_primaries == 1


def test_a_total_outage_ends_unaided(group: RealGroup) -> None:
    """Some members have received what they have not applied, and the newest is not known beforehand."""
    with group.load() as clients:
        clients.wait_for_writes(group)
        for member in group.members:
            member.signal(signal.SIGKILL)
    print(f"total outage: whole again after {group.until('whole group', lambda: group.is_whole):.0f} s")
    clients.nothing_lost(group)
    assert group.most_primaries == 1


def test_a_member_that_was_cut_off_serves_nobody_and_comes_back(group: RealGroup) -> None:
    alone = group.primary
    alone.cut()
    started = time.monotonic()
    group.until("refusal", lambda: alone.query("SELECT @@offline_mode") == [(1,)])
    print(f"the isolated primary refuses clients after {time.monotonic() - started:.1f} s")
    assert time.monotonic() - started < 12
    group.until("successor", lambda: any(m is not alone and m.health.role == "primary" for m in group.members))
    assert alone.health.role is None
    alone.heal()
    group.until("whole group", lambda: group.is_whole)
    assert group.most_primaries == 1


def test_a_lost_volume_is_filled_again(group: RealGroup) -> None:
    """By clone: the group's transactions are more than this member wants to apply one by one."""
    loser = group.primary
    loser.settings = replace(loser.settings, clone_threshold=1)
    loser.lose_volume()
    group.until("whole group", lambda: group.is_whole)
    assert loser.query("SELECT STATE FROM performance_schema.clone_status") == [("Completed",)]
    assert loser.query("SELECT COUNT(*) FROM app.t") == group.primary.query("SELECT COUNT(*) FROM app.t")


def test_the_role_is_handed_over_before_a_stop(group: RealGroup) -> None:
    leaver = group.primary
    with group.load() as clients:
        clients.wait_for_writes(group)
        leaver.stopping_since = time.monotonic()
        group.until("leave", lambda: leaver.done[-1].startswith("AllowStop"))
        clients.wait_for_writes(group)
    print(f"hand-over: {clients.longest_gap:.2f} s without a write")
    leaver.stopping_since = None
    clients.nothing_lost(group)
    assert group.most_primaries == 1


def test_errant_transactions_are_reported_and_kept(group: RealGroup) -> None:
    stray = next(m for m in group.members if m.health.role == "replica")
    stray.query("STOP GROUP_REPLICATION")
    stray.query("SET GLOBAL super_read_only = OFF")
    stray.query("CREATE DATABASE errant")
    group.until("report", lambda: "errant transactions that the group lacks" in stray.health.reason)
    assert stray.health.role is None
    assert stray.query("SHOW DATABASES LIKE 'errant'")
    stray.lose_volume()
    group.until("whole group", lambda: group.is_whole)
    assert not stray.query("SHOW DATABASES LIKE 'errant'")


def test_data_that_differs_is_reported_and_not_tried_for_ever(group: RealGroup) -> None:
    """Past the binary log, as root on the socket: nobody can see it before the row is changed."""
    group.primary.query("INSERT INTO app.t VALUES (-1)")
    differs = next(m for m in group.members if m.health.role == "replica")
    group.until("row", lambda: bool(differs.query("SELECT 1 FROM app.t WHERE id = -1")))
    differs.query(
        "SET sql_log_bin = 0",
        "SET GLOBAL super_read_only = OFF",
        "DELETE FROM app.t WHERE id = -1",
        "SET GLOBAL super_read_only = ON",
    )
    earlier = len(differs.done)
    group.primary.query("UPDATE app.t SET id = -2 WHERE id = -1")
    took = group.until("report", lambda: "cannot apply the group's transaction" in differs.health.reason, 180)
    print(f"a member whose data differs is reported after {took:.0f} s: {differs.health.reason}")
    assert "1032" in differs.health.reason
    assert sum(done.startswith("JoinGroup") for done in differs.done[earlier:]) <= 2
    known = len(differs.done)
    group.until("time to pass", lambda: time.monotonic() - differs.doing_since > 10)
    assert len(differs.done) == known, "nothing more is tried"
    assert differs.query("SELECT COUNT(*) FROM app.t") != [(0,)], "and nothing is destroyed"
    differs.lose_volume()
    group.until("whole group", lambda: group.is_whole)


def test_a_member_that_nobody_is_left_to_feed_goes_back_to_the_others(group: RealGroup) -> None:
    joiner = next(m for m in group.members if m.health.role == "replica")
    others = [m for m in group.members if m is not joiner]
    joiner.query("STOP GROUP_REPLICATION")
    group.primary.query("INSERT INTO app.t VALUES (-3)")
    blocker = pymysql.connect(unix_socket=str(joiner.socket), user="root", ssl_disabled=True)
    with blocker, blocker.cursor() as cursor:
        cursor.execute("FLUSH TABLES WITH READ LOCK")
        group.until("recovery", lambda: joiner.doing.startswith("catching up"))
        for other in others:
            other.query("STOP GROUP_REPLICATION")
        took = group.until("leaving", lambda: any("nobody can send" in done for done in joiner.done[-3:]), 60)
        print(f"a member that recovered alone left after {took:.0f} s")
    group.until("whole group", lambda: group.is_whole)
    assert joiner.query("SELECT 1 FROM app.t WHERE id = -3")
    assert group.most_primaries == 1
