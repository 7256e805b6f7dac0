"""MySQL Router before a group of three: faults under a load that goes through it, judged by what clients were told."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pymysql
import pytest

from mysql_k8s.names import ROUTER_PORT, ROUTER_READ_PORT
from sandbox import on_demand, pins
from sandbox.progress import Reporter

from .conftest import Deploy
from .support.checker import longest_gap
from .support.deployment import HEAL_SECONDS
from .support.group import GroupDeployment
from .support.kube import Json, is_ready
from .support.load import Load, Reader
from .support.waiting import NotYet, wait_for

KILLED_SECONDS = 15
"""Far above what was measured: a busy machine must not fail the test."""
LOST_ROUTER_SECONDS = 5
UNREAD_SECONDS = 5
CUT_OFF_SECONDS = 5
CONNECTIONS = 30


class RoutedGroup(GroupDeployment):
    """One group with Routers before it."""

    def routers(self) -> list[Json]:
        """Their pods."""
        return [
            pod for pod in self.kube.pods() if pod["metadata"]["labels"]["app.kubernetes.io/name"] == "mysql-router"
        ]

    def wait_routed(self) -> None:
        """As many Routers as wanted are ready, and none is on its way out."""

        def routed() -> None:
            wanted, pods = self.arguments["router"]["instances"], self.routers()
            names = sorted(pod["metadata"]["name"] for pod in pods)
            if len(pods) != wanted or not all(map(is_ready, pods)):
                raise NotYet(f"{names}, {sum(map(is_ready, pods))} ready")
            if (found := self.kube.endpoints(f"{self.name}-router")) != names:
                raise NotYet(f"the endpoints of -router are {found}")

        wait_for("all Routers", routed, HEAL_SECONDS, every=0.5)

    def routed_load(self, writers: int = 2) -> Load:
        """As ``load``, through the Routers."""
        return Load(self.router(ROUTER_PORT), self.make_table(), writers)


@pytest.fixture(scope="module")
def group(deploy: Deploy) -> Iterator[RoutedGroup]:
    """Three members and two Routers, deployed once. Every test leaves them whole."""
    on_demand.provide("router", Reporter())
    plain = deploy(kind="group-replication", members=3)
    made = RoutedGroup(plain.kube, plain.project, plain.arguments)
    made.change(router={"instances": 2, "image": pins.ROUTER_IMAGE})
    made.wait_whole()
    made.wait_routed()
    yield made


def uuid_of(group: RoutedGroup, ordinal: int) -> str:
    return group.rows(ordinal, "SELECT @@server_uuid AS u")[0]["u"]


def test_each_port_leads_to_the_members_that_it_says(group: RoutedGroup) -> None:
    uuids = {uuid_of(group, ordinal) for ordinal in group.ordinals}
    asked = "SELECT @@server_uuid AS u, @@super_read_only AS closed"
    writes = [group.router(ROUTER_PORT).rows(asked)[0] for _ in range(CONNECTIONS)]
    reads = [group.router(ROUTER_READ_PORT).rows(asked)[0] for _ in range(CONNECTIONS)]
    assert {row["u"] for row in writes} == {uuid_of(group, group.primary())}
    assert {row["closed"] for row in writes} == {0}
    assert {row["u"] for row in reads} == uuids, "every member serves reads"
    secret = group.kube.secret(f"{group.name}-user-app")
    assert secret["router_host"] == group.router(ROUTER_PORT).host
    assert (secret["router_port"], secret["router_read_port"]) == (str(ROUTER_PORT), str(ROUTER_READ_PORT))


def test_status_shows_them(group: RoutedGroup) -> None:
    told = str(group.project.operate("status"))
    assert "routers 2 of 2 ready" in told
    assert f"{group.router(ROUTER_PORT).host}:{ROUTER_PORT}" in told


def test_a_failover_is_followed_and_nothing_is_lost(group: RoutedGroup) -> None:
    killed = group.primary()
    with group.watch_labels() as seen, group.load(writers=1) as direct, group.routed_load() as routed:
        reader = Reader(group.router(ROUTER_READ_PORT), routed.table)
        reader.start()
        group.kill_mysqld(killed)
        routed.wait_for_writes(more=100, seconds=HEAL_SECONDS)
        group.wait_whole(level=False)
        reader.end()
    group.wait_whole()
    group.check(routed)
    group.check(direct)
    print(f"\n  mysqld of the primary killed: {routed.longest_gap:.1f} s without a write by the Router")
    print(f"  and {direct.longest_gap:.1f} s by the Service", end="; ")
    print(f"{longest_gap(reader.reads.good):.1f} s without a read by the Router")
    assert group.primary() != killed
    assert seen.most_primaries == 1
    assert routed.longest_gap < KILLED_SECONDS
    assert longest_gap(reader.reads.good) < UNREAD_SECONDS


def test_a_client_of_a_demoted_primary_is_never_told_of_a_write_there(group: RoutedGroup) -> None:
    """The primary goes on as a secondary: nothing but the agent ends its clients' connections."""
    before = group.primary()
    heir = next(ordinal for ordinal in group.ordinals if ordinal != before)
    table = group.make_table()
    with group.router(ROUTER_PORT).connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} VALUES (1)")
        ordered = group.socket(before, f"SELECT group_replication_set_as_primary('{uuid_of(group, heir)}')")
        assert ordered.status == 0, ordered
        with pytest.raises((pymysql.MySQLError, OSError)):
            cursor.execute(f"INSERT INTO {table} VALUES (2)")
    began = time.monotonic()
    wait_for("the new primary by the Router", lambda: must_be_open(group), CUT_OFF_SECONDS, every=0.05)
    print(f"\n  role handed over: open by the Router again after {time.monotonic() - began:.2f} s")
    group.wait_whole()
    assert group.primary() == heir
    assert group.router(ROUTER_PORT).rows(f"SELECT value FROM {table}") == [{"value": 1}]


def must_be_open(group: RoutedGroup) -> None:
    try:
        found = group.router(ROUTER_PORT).rows("SELECT @@super_read_only AS closed")
    except (pymysql.MySQLError, OSError) as error:
        raise NotYet(str(error)) from None
    if found != [{"closed": 0}]:
        raise NotYet("it leads to a member that takes no writes")


def test_a_killed_router_stops_nobody_else(group: RoutedGroup) -> None:
    victim, other = (pod["metadata"]["name"] for pod in group.routers())
    with group.routed_load(writers=4) as load:
        group.kube.delete_pod(victim, grace_seconds=0)
        load.wait_for_writes(more=200, seconds=HEAL_SECONDS)
        group.wait_routed()
    group.check(load)
    print(f"\n  a Router killed: {load.longest_gap:.2f} s without a write")
    assert other in [pod["metadata"]["name"] for pod in group.routers()]
    assert load.longest_gap < LOST_ROUTER_SECONDS


def test_a_changed_router_is_rolled_out_and_no_member_restarts(group: RoutedGroup) -> None:
    before = group.pod_uids()
    with group.routed_load() as load:
        group.change(router={**group.arguments["router"], "max_connections": 300})
        group.wait_routed()
        load.wait_for_writes(more=100)
    group.check(load)
    print(f"\n  Routers replaced: {load.longest_gap:.2f} s without a write")
    after = group.pod_uids()
    members = {group.pod(ordinal) for ordinal in group.ordinals}
    assert {name: before[name] for name in members} == {name: after[name] for name in members}
    assert set(before) & set(after) == members
    assert load.longest_gap < LOST_ROUTER_SECONDS


def test_a_deleted_primary_hands_over_and_the_router_follows(group: RoutedGroup) -> None:
    leaver = group.primary()
    with group.load() as direct, group.routed_load() as routed:
        group.delete_pod(leaver)
        routed.wait_for_writes(more=100, seconds=HEAL_SECONDS)
        group.wait_whole(level=False)
    group.wait_whole()
    group.check(routed)
    group.check(direct)
    print(f"\n  pod of the primary deleted: {routed.longest_gap:.2f} s without a write by the Router")
    print(f"  and {direct.longest_gap:.2f} s by the Service")
    assert routed.longest_gap < KILLED_SECONDS


def test_it_goes_without_a_trace(group: RoutedGroup) -> None:
    members = {name: uid for name, uid in group.pod_uids().items() if "router" not in name}
    del group.arguments["router"]
    group.up()
    wait_for("the Routers to go", lambda: must_be_gone(group), HEAL_SECONDS)
    group.wait_whole()
    assert group.pod_uids() == members
    assert not [key for key in group.kube.secret(f"{group.name}-user-app") if "router" in key]


def must_be_gone(group: RoutedGroup) -> None:
    if left := group.routers():
        raise NotYet(f"{len(left)} are still there")
