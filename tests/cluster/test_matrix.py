"""Every pair of engine and topology: deployed, written to, its primary killed, and found unchanged by another `up`.

The pairs of MySQL have files of their own. Of the others each run takes one: the next commit takes the next one, and
`PAIRS=all` all of them.
"""

from __future__ import annotations

import os
import subprocess

import pytest

from mysql_k8s.args.engine import TOPOLOGIES

from .conftest import Deploy
from .support.deployment import HEAL_SECONDS, Deployment
from .support.galera import GaleraDeployment
from .support.project import CHECKOUT

MEMBERS = {
    "standalone": {},
    "replication": {"members": 3},
    "group-replication": {"members": 3},
    "galera": {"members": 3},
}
IN_EVERY_RUN = {("mysql", "standalone"), ("mysql", "replication"), ("mysql", "group-replication")}


def chosen() -> list[tuple[str, str]]:
    """The pairs of this run."""
    pairs = [(engine, kind) for engine, kinds in TOPOLOGIES.items() for kind in kinds]
    if os.environ.get("PAIRS") == "all":
        return pairs
    rest = [pair for pair in pairs if pair not in IN_EVERY_RUN]
    counted = subprocess.run(
        ["git", "-C", str(CHECKOUT), "rev-list", "--count", "HEAD"], capture_output=True, text=True, check=False
    )
    return [rest[int(counted.stdout or 0) % len(rest)]]


def deployed(own: Deploy, engine: str, kind: str) -> Deployment:
    cluster = own(engine, kind=kind, **MEMBERS[kind])
    cluster.up()
    cluster.wait_healthy()
    return GaleraDeployment.of(cluster) if kind == "galera" else cluster


@pytest.mark.parametrize(("engine", "kind"), chosen(), ids=lambda name: str(name))
def test_a_pair_of_engine_and_topology(own: Deploy, engine: str, kind: str) -> None:
    cluster = deployed(own, engine, kind)
    with cluster.load(writers=2) as load:
        load.wait_for_writes(more=100)
        cluster.kill_mysqld(cluster.primary_ordinal)
        load.wait_for_writes(more=100, seconds=HEAL_SECONDS)
        cluster.wait_healthy(level=False)
    cluster.wait_healthy()
    cluster.check(load)
    status = cluster.project.operate("status")
    assert status.succeeded and all(cluster.pod(ordinal) in status.output for ordinal in cluster.ordinals), str(status)
    assert "Nothing to do" in cluster.up().output
