"""One server: it comes back with its data, and never runs twice."""

from __future__ import annotations

from pathlib import Path

from .conftest import Deploy
from .support import processes
from .support.deployment import Deployment


def test_a_standalone_server_stops_fully_before_its_successor_starts(own: Deploy) -> None:
    cluster = own(kind="standalone")
    cluster.up()
    cluster.wait_healthy()
    with cluster.load() as load:
        for end in (Deployment.delete_pod, Deployment.kill_mysqld):
            before = processes.mysqld_pid(cluster.namespace, cluster.pod(0))
            end(cluster, 0)
            assert not Path(f"/proc/{before}").exists(), "the old mysqld still runs beside its successor"
            load.wait_for_writes(seconds=120)
    cluster.wait_healthy()
    cluster.check(load)
    assert [service for service in ("orders-replicas",) if cluster.kube.endpoints(service)] == []
