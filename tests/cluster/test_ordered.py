"""Members that start one after the other, by argument."""

from __future__ import annotations

from .conftest import Deploy


def test_each_member_starts_after_its_predecessor_is_ready(own: Deploy) -> None:
    cluster = own(kind="replication", members=3, durability="semi-sync", start_order="ordered")
    cluster.up()
    cluster.wait_healthy()
    assert cluster.created(0) < cluster.created(1) < cluster.created(2)
    with cluster.load() as load:
        load.wait_for_writes(more=50)
    cluster.wait_healthy()
    cluster.check(load)
