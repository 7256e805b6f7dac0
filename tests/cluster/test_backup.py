"""Backups on a real cluster: taken under load, and a new cluster restored from them to a moment."""

from __future__ import annotations

import datetime as dt
import json
import time

from .conftest import Deploy
from .support.deployment import Deployment
from .support.history import Outcome
from .support.kube import Json
from .support.waiting import NotYet, wait_for

KEEPER = "orders-backup-0"
CLAIM = "target-orders-backup-0"
PROGRAM = "/etc/mysql-k8s-backup/backup.zip"


def listing(cluster: Deployment) -> Json:
    """What lies on the target. Raises NotYet if the keeper cannot tell."""
    ran = cluster.kube.run(KEEPER, "backup", "python3", PROGRAM, "list")
    if ran.status != 0:
        raise NotYet(str(ran))
    return json.loads(ran.output)


def wait_for_base(cluster: Deployment, seconds: float) -> Json:
    def taken() -> Json:
        found = listing(cluster)
        if not found["bases"]:
            raise NotYet("there is no base backup")
        return found["bases"][-1]

    return wait_for("a base backup", taken, seconds, every=2)


def wait_for_archive(cluster: Deployment, moment: dt.datetime, seconds: float) -> None:
    def reaches() -> None:
        until = dt.datetime.fromisoformat(listing(cluster)["archive"][-1]["until"])
        if until < moment:
            raise NotYet(f"it reaches to {until}")

    wait_for(f"the archive to reach {moment}", reaches, seconds, every=1)


def test_a_cluster_that_is_lost_is_restored_to_a_moment(own: Deploy) -> None:
    back_up_lose_and_restore(own(kind="replication", members=3, durability="semi-sync"), precision=0)


def back_up_lose_and_restore(cluster: Deployment, precision: float) -> None:
    """``precision``: seconds after the moment in which a write may be restored, too."""
    target = {"kind": "volume", "size": "1Gi"}
    cluster.arguments["backup"] = {"schedule": "0 3 1 1 *", "drill_schedule": "*/2 * * * *", "target": target}
    cluster.up()
    cluster.wait_healthy()
    with cluster.load(writers=2) as load:
        first = wait_for_base(cluster, 150)  # the keeper asks for it by itself, as soon as there is a primary
        done = cluster.project.operate("backup")
        assert done.succeeded, str(done)
        base = listing(cluster)["bases"][-1]
        assert base["created"] > first["created"]
        donors = cluster.replicas or cluster.ordinals
        assert base["source"].startswith(tuple(f"{cluster.pod(ordinal)}." for ordinal in donors))
        print(f"\n  {base['raw_bytes']} bytes of data, {base['stored_bytes']} stored")
        load.wait_for_writes()
        monotonic, moment = time.monotonic(), dt.datetime.now(dt.UTC)
        time.sleep(3)
    wait_for_archive(cluster, moment, 30)
    wait_for("a drill by its schedule", lambda: drilled(cluster), 420, every=5)
    said = cluster.project.operate("status").output
    assert "last base backup" in said and "archive" in said, said
    writes = load.history.writes()
    before = {write.value for write in writes if write.outcome is Outcome.OK and write.ended < monotonic}
    after = {write.value for write in writes if write.began > monotonic + precision}
    assert before and after

    assert cluster.project.operate("down").succeeded
    for ordinal in cluster.ordinals:
        cluster.kube.delete_claim(cluster.claim(ordinal))
    wait_for("the claims to be gone", lambda: gone(cluster), 60)
    until = moment.isoformat()
    cluster.change(restore={"target": {"kind": "volume", "claim": CLAIM}, "cluster": "orders", "until": until})
    cluster.wait_healthy()
    found = {row["value"] for row in cluster.service("primary").rows(f"SELECT value FROM {load.table}")}
    assert before <= found, f"lost: {sorted(before - found)[:10]}"
    assert not after & found, f"from after the moment: {sorted(after & found)[:10]}"
    # The history has a new branch: the archive begins a chain, and has a base backup taken for it.
    wait_for("a second chain", lambda: second_chain(cluster), 120, every=2)


def drilled(cluster: Deployment) -> None:
    proven = [base["compared_tables"] for base in listing(cluster)["bases"] if base["verified"]]
    if max(proven, default=0) < 2:  # the first base backup may be older than the load's table, and proven, too
        raise NotYet(f"tables compared with those of the cluster: {proven}")


def gone(cluster: Deployment) -> None:
    left = [name for name in cluster.kube.claims() if name.startswith("data-")]
    if left:
        raise NotYet(f"{left} are still there")


def second_chain(cluster: Deployment) -> None:
    found = listing(cluster)
    if len(found["archive"]) < 2 or len(found["bases"]) < 3:
        raise NotYet(f"{len(found['archive'])} chains, {len(found['bases'])} base backups")
