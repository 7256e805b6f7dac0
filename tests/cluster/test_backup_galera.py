"""Backups of Galera on a real cluster: taken under load, proven, restored into a new cluster and in place."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from sandbox import on_demand
from sandbox.progress import Reporter

from .conftest import Deploy
from .support.galera import GaleraDeployment
from .support.history import Outcome
from .support.kube import Json
from .support.waiting import wait_for
from .test_backup import CLAIM, drilled, gone, listing, wait_for_base
from .test_restore_in_place import RESTORE_SECONDS, STOPPING, kill_while, only_the_members, values

TARGET = {"kind": "volume", "size": "1Gi"}


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    """On every node; it is not among those that each cluster has."""
    on_demand.provide("mariadb", Reporter())


@dataclass
class BackedUp:
    """A base backup, what clients were told of the writes before it, and what they began after it."""

    base: Json
    table: str
    before: set[int]
    after: set[int]

    def check(self, cluster: GaleraDeployment) -> None:
        """The cluster holds just what the base backup does."""
        found = values(cluster, self.table)
        assert self.before <= found, f"lost: {sorted(self.before - found)[:10]}"
        assert not self.after & found, f"from after the base backup: {sorted(self.after & found)[:10]}"


def deployed(own: Deploy, drill_schedule: str | None) -> GaleraDeployment:
    cluster = GaleraDeployment.of(own("mariadb", kind="galera", members=3))
    schedules = {"schedule": "0 3 1 1 *", "drill_schedule": drill_schedule}
    cluster.arguments["backup"] = {**schedules, "point_in_time": False, "target": TARGET}
    cluster.up()
    cluster.wait_whole()
    return cluster


def back_up(cluster: GaleraDeployment) -> BackedUp:
    """By the command, while clients write."""
    first = wait_for_base(cluster, 240)  # the keeper asks for it by itself, as soon as every member has data
    with cluster.load(writers=2) as load:
        load.wait_for_writes()
        began = time.monotonic()
        done = cluster.project.operate("backup")
        ended = time.monotonic()
        assert done.succeeded, str(done)
        load.wait_for_writes()
    base = listing(cluster)["bases"][-1]
    assert base["created"] > first["created"]
    assert base["source"].partition(".")[0] != cluster.pod(cluster.primary_ordinal)
    print(f"\n  {base['id']} of {base['source']}: {base['raw_bytes']} bytes of data, {base['stored_bytes']} stored")
    writes = load.history.writes()
    before = {write.value for write in writes if write.outcome is Outcome.OK and write.ended < began}
    after = {write.value for write in writes if write.began > ended}
    assert before and after
    return BackedUp(base, load.table, before, after)


def test_a_cluster_that_is_lost_is_restored_from_its_base_backup(own: Deploy) -> None:
    cluster = deployed(own, "*/2 * * * *")
    backed_up = back_up(cluster)
    wait_for("a drill by its schedule", lambda: drilled(cluster), 420, every=5)
    said = cluster.project.operate("status").output
    assert "last base backup" in said and "archive" not in said, said

    assert cluster.project.operate("down").succeeded
    for ordinal in cluster.ordinals:
        cluster.kube.delete_claim(cluster.claim(ordinal))
    wait_for("the claims to be gone", lambda: gone(cluster), 60)
    backup = backed_up.base["id"]
    cluster.change(restore={"target": {"kind": "volume", "claim": CLAIM}, "cluster": "orders", "backup": backup})
    cluster.wait_whole()
    backed_up.check(cluster)
    with cluster.load() as load:
        load.wait_for_writes()
    cluster.wait_whole()
    cluster.check(load)


def test_a_cluster_is_restored_in_place(own: Deploy) -> None:
    cluster = deployed(own, None)
    backed_up = back_up(cluster)
    refused = cluster.project.operate("restore", "--until", "2026-01-01T00:00:00Z", "--yes")
    assert not refused.succeeded
    assert f"choose one by its id, {listing(cluster)['bases'][0]['id']}" in refused.output, refused.output

    began = time.monotonic()
    done = cluster.project.operate("restore", "--backup", backed_up.base["id"], "--yes", seconds=RESTORE_SECONDS)
    assert done.succeeded, str(done)
    cluster.wait_whole()
    print(f"\n  restored in place after {time.monotonic() - began:.0f} s")
    backed_up.check(cluster)
    assert cluster.try_up().succeeded, "pulumi finds everything as it was"


def test_a_restore_in_place_that_was_killed_is_undone(own: Deploy) -> None:
    """The members were told to stop by then; their volumes come back, and are one cluster again."""
    cluster = deployed(own, None)
    base = wait_for_base(cluster, 240)
    with cluster.load() as load:
        load.wait_for_writes()
    kill_while(cluster, STOPPING, "restore", "--backup", base["id"], "--yes")
    back = cluster.project.operate("restore-back", "--yes", seconds=RESTORE_SECONDS)
    assert back.succeeded, str(back)
    cluster.wait_whole()
    cluster.check(load)
    deleted = cluster.project.operate("restore-done", "--yes")
    assert deleted.succeeded, str(deleted)
    wait_for("the kept claims to go", lambda: only_the_members(cluster), 60)
