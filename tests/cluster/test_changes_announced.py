"""What `preview` announces is what the cluster then does: restarts and their order, growth, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from .support.deployment import Deployment
from .support.kube import Json
from .support.waiting import NotYet, wait_for

EXPANDABLE = "mysql-k8s-tests-expandable"
"""The local provisioner with `allowVolumeExpansion`. It resizes nothing: a driver's part is played by the test."""


@pytest.fixture(scope="module")
def grown(kubeconfig: str) -> Iterator[str]:
    """A StorageClass that lets claims grow."""
    storage = client.StorageV1Api(config.new_client_from_config(kubeconfig))
    body = {
        "metadata": {"name": EXPANDABLE},
        "provisioner": "rancher.io/local-path",
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    storage.create_storage_class(body)
    yield EXPANDABLE
    storage.delete_storage_class(EXPANDABLE)


def announced(cluster: Deployment, status: int = 0, **arguments: object) -> Json:
    """What the preview of these arguments says."""
    cluster.project.write({**cluster.arguments, **arguments})
    done = cluster.project.operate("preview", "--json")
    assert done.status == status, str(done)
    return json.loads(done.output[done.output.index("{\n") :])


def identities(cluster: Deployment) -> dict[str, Any]:
    """Whatever may not change unless it is announced: pods and claims by their UIDs, and what claims ask for."""
    claims = cluster.kube.claims().items()
    return {
        "pods": cluster.pod_uids(),
        "claims": {name: claim["metadata"]["uid"] for name, claim in claims},
        "sizes": {name: claim["spec"]["resources"]["requests"]["storage"] for name, claim in claims},
    }


def test_what_is_announced_is_what_happens(cluster: Deployment) -> None:
    before = identities(cluster)
    databases = announced(cluster, databases=["app", "announced"])
    assert databases["effect"] == "run_time", databases
    assert identities(cluster) == before, "a preview changed something"
    cluster.change(databases=["app", "announced"])
    assert identities(cluster) == before

    restart = announced(cluster, my_cnf={"max_connections": 77})
    assert restart["effect"] == "rolling_restart"
    assert "3 members (orders-2, orders-1, then the primary orders-0)" in restart["headline"]
    assert "max_connections: 200 -> 77" in json.dumps(restart)
    cluster.change(my_cnf={"max_connections": 77})
    cluster.wait_healthy()
    after = identities(cluster)
    assert not set(before["pods"].values()) & set(after["pods"].values())
    assert cluster.created(2) < cluster.created(1) < cluster.created(0)
    assert after["claims"] == before["claims"]

    for refused, said in (
        ({"topology": {**cluster.arguments["topology"], "start_order": "ordered"}}, "topology.start_order"),
        ({"storage": {"size": "1Gi", "storage_class": "other"}}, "storage.storage_class cannot change"),
        ({"storage": {"size": "2Gi"}}, "StorageClass"),
    ):
        announcement = announced(cluster, 1, **refused)
        assert said in json.dumps(announcement["refusals"]), announcement
    assert identities(cluster) == after
    assert announced(cluster)["changes"] == []


def test_storage_grows_and_no_pod_is_touched(own: Any, grown: str) -> None:
    """Also what follows: shrinking refused, scaling out, drift, a member rebuilt, an end with a new start."""
    cluster: Deployment = own(kind="standalone")
    cluster.arguments["storage"] = {"size": "1Gi", "storage_class": grown}
    cluster.up()
    before = identities(cluster)
    larger = {"size": "2Gi", "storage_class": grown}
    announcement = announced(cluster, storage=larger)
    assert announcement["headline"] == "1 volume grows online (1Gi -> 2Gi); nothing is replaced."
    cluster.change(storage=larger)
    assert identities(cluster) == {**before, "sizes": {"data-orders-0": "2Gi"}}
    resize(cluster, "2Gi")
    assert announced(cluster)["changes"] == []
    assert "cannot shrink from 2Gi to 1Gi" in json.dumps(announced(cluster, 1, storage={**larger, "size": "1Gi"}))

    assert announced(cluster, my_cnf={"max_connections": 77})["effect"] == "outage"
    cluster.change(my_cnf={"max_connections": 77}, topology={"kind": "replication", "members": 3})
    cluster.wait_healthy()
    found = identities(cluster)
    assert found["sizes"] == {cluster.claim(ordinal): "2Gi" for ordinal in range(3)}, "new members are small"
    assert found["claims"]["data-orders-0"] == before["claims"]["data-orders-0"]

    for command in (["refresh", "--yes"], ["preview"]):
        done = cluster.project.pulumi(*command, "--expect-no-changes", "--stack", "test")
        assert done.succeeded, str(done)

    cluster.lose(2)
    cluster.wait_healthy()
    assert identities(cluster)["sizes"]["data-orders-2"] == "2Gi", "a rebuilt member is small"

    down = cluster.project.operate("down")
    assert down.succeeded, str(down)
    kept = identities(cluster)
    assert len(kept["claims"]) == 3
    cluster.up()
    cluster.wait_healthy()
    whole = identities(cluster)
    assert whole["claims"] == kept["claims"]

    cluster.kube.orphan_pods("orders")  # as a renewal of the template does that is killed half-way
    cluster.up()
    cluster.wait_healthy()
    assert identities(cluster) == whole, "a pod or a claim was touched"


def resize(cluster: Deployment, size: str) -> None:
    """What a driver does: the volume has the size, and so the claim."""
    core = client.CoreV1Api(config.new_client_from_config(cluster.kube.kubeconfig))
    for name, claim in cluster.kube.claims().items():
        core.patch_persistent_volume(claim["spec"]["volumeName"], {"spec": {"capacity": {"storage": size}}})
        status = {"status": {"capacity": {"storage": size}}}
        core.patch_namespaced_persistent_volume_claim_status(name, cluster.namespace, status)

    def told() -> None:
        sizes = {claim["status"]["capacity"]["storage"] for claim in cluster.kube.claims().values()}
        if sizes != {size}:
            raise NotYet(f"the claims have {sizes}")

    wait_for("the claims to have their size", told, 30)
