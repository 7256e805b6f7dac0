"""A volume that becomes full stops writes, loses none, says so, and heals when there is room again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Deploy
from .support.deployment import Deployment
from .support.small_volumes import SmallVolume, small_volumes
from .support.waiting import NotYet, wait_for

STORAGE_CLASS = "mysql-tests-small"
NO_ROOM_MIB = 0
LITTLE_ROOM_MIB = 40
"""Less than the agent keeps in reserve on a volume of this size (64 MiB), and more than nothing."""


@pytest.fixture
def volumes(kubeconfig: str, tmp_path: Path) -> Iterator[dict[str, SmallVolume]]:
    with small_volumes(kubeconfig, tmp_path / "volumes", STORAGE_CLASS) as made:
        yield made


@pytest.fixture
def small(volumes: dict[str, SmallVolume], own: Deploy) -> Deployment:
    """Three members on volumes of 1 GiB. It is removed before the volumes are."""
    assert len(volumes) == 3
    cluster = own(kind="replication", members=3, durability="semi-sync")
    cluster.change(storage={"size": "1Gi", "storage_class": STORAGE_CLASS})
    cluster.wait_healthy()
    return cluster


def test_a_full_volume_stops_writes_loses_none_and_heals(small: Deployment, volumes: dict[str, SmallVolume]) -> None:
    def volume_of(ordinal: int) -> SmallVolume:
        return volumes[small.node(ordinal)]

    with small.load() as load:
        # In time: the agent refuses writes while there is still room for what is under way.
        volume_of(0).fill(leave_mib=LITTLE_ROOM_MIB)
        wait_until_it_says_so(small, 0)
        assert not small.state(0)["writable"]
        assert any(event["reason"] in ("MakeReadOnly", "Blocked") for event in small.kube.events())
        acknowledged = load.history.acknowledged()
        time.sleep(1)
        assert load.history.acknowledged() == acknowledged
        volume_of(0).relieve()
        small.wait_healthy(level=False)
        load.wait_for_writes()

        # Too late: from one moment to the next there is no room at all, for a replica and then for the primary.
        volume_of(1).fill(leave_mib=NO_ROOM_MIB)
        wait_until_it_says_so(small, 1)
        load.wait_for_writes()
        volume_of(0).fill(leave_mib=NO_ROOM_MIB)
        wait_until_it_says_so(small, 0)
        volume_of(0).relieve()
        volume_of(1).relieve()
        small.wait_healthy(level=False)
        load.wait_for_writes()
    small.wait_healthy()
    small.check(load)


def wait_until_it_says_so(cluster: Deployment, ordinal: int) -> None:
    def says_so() -> None:
        state = cluster.state(ordinal)
        if "is full" not in (state["blocked"] or "") or state["ready"]:
            raise NotYet(f"{state['pod']}: {state['reason']}")

    wait_for(f"{cluster.pod(ordinal)} to say that its volume is full", says_so, 90, every=0.5)
