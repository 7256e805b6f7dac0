"""What `status` says of the Routers in front."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mysql_k8s.operate import routers
from mysql_k8s.operate.kube import Kube
from mysql_k8s.operate.members import Member, Status
from mysql_k8s.operate.routers import Routers
from mysql_k8s.operate.status import with_routers
from mysql_k8s.operate.table import header
from mysql_k8s.operate.target import Target

TARGET = Target("orders", "shop")
ALONE = Status("orders", "shop", 1, [Member("orders-0", "primary", True, "ready")], [])
PULLING = {
    "metadata": {"name": "orders-router-x", "namespace": "shop", "uid": "1"},
    "spec": {"containers": [{"name": "router", "image": "example.com/none:1"}]},
    "status": {
        "phase": "Pending",
        "containerStatuses": [
            {"name": "router", "image": "example.com/none:1", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
        ],
    },
}


class Cluster(Kube):
    """What is asked of the API, without an API."""

    def __init__(self, deployment: dict[str, Any] | None) -> None:
        self._deployment = deployment

    def deployment(self, namespace: str, name: str) -> dict[str, Any] | None:
        assert (namespace, name) == ("shop", "orders-router")
        return self._deployment

    def pods(self, namespace: str, selector: str) -> list[dict[str, Any]]:
        assert selector == "app.kubernetes.io/name=mysql-router,app.kubernetes.io/instance=orders"
        return [PULLING]

    def events(self, namespace: str) -> list[dict[str, Any]]:
        return []


def deployment(ready: int) -> dict[str, Any]:
    return {"spec": {"replicas": 2}, "status": {"readyReplicas": ready} if ready else {}}


def test_a_cluster_without_one_is_as_before() -> None:
    assert with_routers(Cluster(None), TARGET, ALONE) == ALONE
    assert ALONE.healthy
    assert not [line for line in header(ALONE, {}) if "routers" in line]


def test_all_ready() -> None:
    status = with_routers(Cluster(deployment(2)), TARGET, ALONE)
    assert status == replace(ALONE, routers=Routers(2, 2))
    assert status.healthy
    assert "routers 2 of 2 ready" in header(status, {})
    assert status.as_json()["routers"] == {"ready": 2, "declared": 2}


@pytest.mark.parametrize(("ready", "left"), [(1, "the others serve all clients"), (0, "their clients find nobody")])
def test_one_that_is_not_ready_is_told_with_its_reason(ready: int, left: str) -> None:
    status = with_routers(Cluster(deployment(ready)), TARGET, ALONE)
    assert not status.healthy
    first, second = status.warnings
    assert first == f"{ready} of 2 Routers are ready: {left}."
    assert second.startswith(
        "pod orders-router-x, container router: the image cannot be pulled. Image example.com/none:1"
    )


def test_what_is_declared_without_a_status_is_not_ready() -> None:
    assert routers.count({"spec": {"replicas": 3}}) == Routers(0, 3)
