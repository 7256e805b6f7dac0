"""Changes of a group under a write load, a start that a person orders, and full volumes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import Deploy
from .support.deployment import HEAL_SECONDS, Deployment
from .support.group import GroupDeployment
from .support.small_volumes import SmallVolume, small_volumes
from .support.waiting import NotYet, wait_for
from .test_changes import REFRESH_SECONDS, must_connect

CLONE_THRESHOLD = 20
"""Less than the load has written before anybody joins."""
STORAGE_CLASS = "mysql-tests-group-small"
LITTLE_ROOM_MIB = 40
HANDED_OVER_SECONDS = 5


@pytest.fixture(scope="module")
def group(deploy: Deploy) -> Iterator[GroupDeployment]:
    """Three members, deployed once."""
    made = GroupDeployment.of(deploy(kind="group-replication", members=3, clone_threshold=CLONE_THRESHOLD))
    made.up()
    made.wait_whole()
    yield made


def test_scaling_out_by_clone_and_in_and_out_again(group: GroupDeployment) -> None:
    first_three = group.pod_uids()
    with group.watch_labels() as seen, group.load() as load:
        load.wait_for_writes(more=10 * CLONE_THRESHOLD)
        group.scale(5)
        group.wait_whole(level=False)
        added = [group.rows(ordinal, "SELECT @@server_uuid AS u")[0]["u"] for ordinal in (3, 4)]
        for ordinal in (3, 4):
            assert group.rows(ordinal, "SELECT state FROM performance_schema.clone_status") == [{"state": "Completed"}]
        group.scale(3)
        group.wait_whole(level=False)
        assert {"data-orders-3", "data-orders-4"} <= set(group.kube.claims())
        load.wait_for_writes(more=100)
        group.scale(5)
        group.wait_whole(level=False)
        # They are the same servers, caught up, not new ones on new copies.
        assert [group.rows(ordinal, "SELECT @@server_uuid AS u")[0]["u"] for ordinal in (3, 4)] == added
        load.end()
    group.wait_whole()
    group.check(load)
    assert seen.most_primaries == 1
    group.scale(3)
    for ordinal in (3, 4):
        group.kube.delete_claim(f"data-orders-{ordinal}")
    group.wait_whole()
    assert {name: uid for name, uid in group.pod_uids().items() if name in first_three} == first_three


def test_a_changed_password_needs_no_restart(group: GroupDeployment) -> None:
    before, password = group.pod_uids(), secrets.token_urlsafe(16)
    group.project.set_secret("password-app", password)
    with group.load() as load:
        group.up()
        new = group.service("primary")
        assert new.password == password
        wait_for("the new password to work", lambda: must_connect(new), REFRESH_SECONDS)
        load.wait_for_writes()  # clients that are connected go on
    group.wait_whole()
    group.check(load)
    assert group.pod_uids() == before


def test_a_changed_argument_is_rolled_out_and_the_role_handed_over(group: GroupDeployment) -> None:
    before = group.pod_uids()
    with group.watch_labels() as seen, group.load(writers=2) as load:
        group.change(topology={**group.arguments["topology"], "profile": "tolerant", "consistency": "BEFORE"})
        group.wait_whole(level=False)
        load.wait_for_writes(more=100)
    group.wait_whole()
    group.check(load)
    seconds = load.longest_gap
    print(f"\n  a changed argument: {seconds:.2f} s without a write at most")
    assert not set(before.values()) & set(group.pod_uids().values())
    asked = "SELECT @@group_replication_consistency AS c, @@group_replication_member_expel_timeout AS e"
    for ordinal in group.ordinals:
        assert group.rows(ordinal, asked) == [{"c": "BEFORE", "e": 15}]
    assert seen.most_primaries == 1
    assert seconds < HANDED_OVER_SECONDS


@contextmanager
def unable_to_start(group: GroupDeployment, ordinal: int) -> Iterator[None]:
    """No node takes the member's pod: its volume is on this one."""
    node = group.node(ordinal)
    group.kube.cordon(node, cordoned=True)
    try:
        yield
    finally:
        group.kube.cordon(node, cordoned=False)


def test_a_person_may_start_a_group_of_which_a_member_does_not_report(group: GroupDeployment) -> None:
    with group.load() as load:
        load.wait_for_writes(more=100)
    group.wait_whole()
    missing = next(ordinal for ordinal in group.ordinals if ordinal != group.primary())
    waiting = [ordinal for ordinal in group.ordinals if ordinal != missing]
    with unable_to_start(group, missing):
        for ordinal in group.ordinals:
            group.kube.delete_pod(group.pod(ordinal), grace_seconds=0)
        order = wait_for("the order that starts it", lambda: told_order(group, waiting[0], missing), HEAL_SECONDS)
        group.try_up(topology={**group.arguments["topology"], "force_start": order})
        wait_for("writes", lambda: must_connect(group.service("primary")), HEAL_SECONDS)
        with group.load() as more:
            more.wait_for_writes(more=100)
    group.wait_whole()
    group.up()
    group.wait_whole()
    group.check(load)
    group.check(more)


def told_order(group: GroupDeployment, ordinal: int, missing: int) -> dict[str, object]:
    """The order that a waiting member names for the case that the missing one is lost."""
    state = group.state(ordinal)
    said = state["doing"]
    if f"{group.pod(missing)} may hold the newest transactions" not in said or "force_start" not in said:
        raise NotYet(f"{state['pod']}: {said}")
    return {"member": ordinal, "epoch": state["group"]["epoch"]}


@pytest.fixture
def volumes(kubeconfig: str, tmp_path: Path) -> Iterator[dict[str, SmallVolume]]:
    with small_volumes(kubeconfig, tmp_path / "volumes", STORAGE_CLASS) as made:
        yield made


@pytest.fixture
def small(volumes: dict[str, SmallVolume], own: Deploy) -> GroupDeployment:
    """Three members on volumes of 1 GiB. It is removed before the volumes are."""
    assert len(volumes) == 3
    made = GroupDeployment.of(own(kind="group-replication", members=3))
    made.change(storage={"size": "1Gi", "storage_class": STORAGE_CLASS})
    made.wait_whole()
    return made


def test_a_full_volume_is_reported_and_loses_nothing(small: GroupDeployment, volumes: dict[str, SmallVolume]) -> None:
    with small.watch_labels() as seen, small.load() as load:
        load.wait_for_writes()
        primary = small.primary()
        secondary = next(ordinal for ordinal in small.ordinals if ordinal != primary)
        for ordinal in (secondary, primary):
            volume = volumes[small.node(ordinal)]
            volume.fill(leave_mib=LITTLE_ROOM_MIB)
            wait_for(f"{small.pod(ordinal)} to say that it is full", lambda o=ordinal: says_full(small, o), 90)
            if ordinal == secondary:
                load.wait_for_writes()
            volume.relieve()
            small.wait_whole(level=False)
        load.wait_for_writes()
    small.wait_whole()
    small.check(load)
    assert seen.most_primaries == 1


def says_full(cluster: Deployment, ordinal: int) -> None:
    state = cluster.state(ordinal)
    if "is full" not in (state["blocked"] or "") or state["ready"]:
        raise NotYet(f"{state['pod']}: {state['reason']}")
