"""A cluster that is backed up under load, restored in place by a command that is killed on the way, put back, and has
one member rebuilt."""

from __future__ import annotations

import datetime as dt
import time

from .conftest import Deploy
from .support.deployment import Deployment
from .support.history import Outcome
from .support.waiting import NotYet, wait_for
from .test_backup import listing, wait_for_archive, wait_for_base
from .test_backup_mariadb import PRECISION as MARIADB_PRECISION

STOPPING = "stopping the members"
RESTORE_SECONDS = 900


def values(cluster: Deployment, table: str) -> set[int]:
    return {row["value"] for row in cluster.service("primary").rows(f"SELECT value FROM {table}", seconds=30)}


def kill_while(cluster: Deployment, phase: str, *command: str) -> str:
    """Start a command, and kill it when it says that the phase begins; returns what it said."""
    running = cluster.project.start(*command)
    assert running.stdout
    said = ""
    for line in running.stdout:
        said += line
        if phase in line:
            running.kill()
            break
    running.wait()
    assert phase in said, said
    return said


def test_a_group_is_restored_in_place_and_put_back(own: Deploy) -> None:
    restore_in_place_and_put_back(own(kind="group-replication", members=3), precision=0)


def test_mariadb_is_restored_in_place_and_put_back(own: Deploy) -> None:
    cluster = own("mariadb", kind="replication", members=3, durability="semi-sync")
    restore_in_place_and_put_back(cluster, MARIADB_PRECISION)


def restore_in_place_and_put_back(cluster: Deployment, precision: float) -> None:
    """``precision``: seconds after the moment in which a write may be restored, too."""
    target = {"kind": "volume", "size": "1Gi"}
    cluster.arguments["backup"] = {"schedule": "0 3 1 1 *", "drill_schedule": None, "target": target}
    cluster.up()
    cluster.wait_healthy()
    with cluster.load(writers=2) as load:
        wait_for_base(cluster, 240)
        load.wait_for_writes()
        monotonic, moment = time.monotonic(), dt.datetime.now(dt.UTC)
        time.sleep(3)
    wait_for_archive(cluster, moment, 60)
    writes = load.history.writes()
    acknowledged = {write.value for write in writes if write.outcome is Outcome.OK}
    before = {write.value for write in writes if write.outcome is Outcome.OK and write.ended < monotonic}
    after = {write.value for write in writes if write.began > monotonic + precision}
    assert before and after

    refused = cluster.project.operate("restore", "--until", "2020-01-01T00:00:00Z", "--yes")
    assert not refused.succeeded
    assert "before the oldest base backup" in refused.output and "Nothing was changed" in refused.output

    said = kill_while(cluster, STOPPING, "restore", "--until", moment.isoformat(), "--yes")
    print(said)
    up = cluster.try_up()
    assert not up.succeeded and "half done" in up.output
    began = time.monotonic()
    done = cluster.project.operate("restore", "--yes", seconds=RESTORE_SECONDS)
    assert done.succeeded, str(done)
    cluster.wait_healthy()
    print(f"\n  members away and back on the restored data after {time.monotonic() - began:.0f} s")
    found = values(cluster, load.table)
    assert before <= found, f"lost: {sorted(before - found)[:10]}"
    assert not after & found, f"from after the moment: {sorted(after & found)[:10]}"
    kept = [name for name in cluster.kube.claims() if name.startswith("old-")]
    assert len(kept) == 3
    wait_for("a second chain with a base backup", lambda: second_chain(cluster), 240, every=2)
    assert cluster.try_up().succeeded, "pulumi finds everything as it was"

    back = cluster.project.operate("restore-back", "--yes", seconds=RESTORE_SECONDS)
    assert back.succeeded, str(back)
    cluster.wait_healthy()
    assert values(cluster, load.table) >= acknowledged, "the volumes from before hold everything"
    deleted = cluster.project.operate("restore-done", "--yes")
    assert deleted.succeeded, str(deleted)
    wait_for("the kept claims to go", lambda: only_the_members(cluster), 60)

    replica = cluster.replicas[-1]
    rebuilt = cluster.project.operate("rebuild", str(replica), "--yes", seconds=RESTORE_SECONDS)
    assert rebuilt.succeeded, str(rebuilt)
    cluster.wait_healthy()
    assert {row["value"] for row in cluster.rows(replica, f"SELECT value FROM app.{load.table}")} >= acknowledged


def only_the_members(cluster: Deployment) -> None:
    other = [name for name in cluster.kube.claims() if not name.startswith(("data-", "target-", "orders-backup"))]
    if other:
        raise NotYet(f"{other} are still there")


def second_chain(cluster: Deployment) -> None:
    found = listing(cluster)
    if len(found["archive"]) < 2 or len(found["bases"]) < 2:
        raise NotYet(f"{len(found['archive'])} chains, {len(found['bases'])} base backups")
