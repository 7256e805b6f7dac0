"""The claim template follows claims that have grown, and nothing else of the StatefulSet changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mysql_k8s.operate import grow
from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.target import Target

TARGET = Target("orders", "shop")


def stateful_set(size: str = "10Gi", uid: str = "old") -> dict[str, Any]:
    return {
        "metadata": {
            "name": "orders",
            "namespace": "shop",
            "labels": {"team": "shop"},
            "uid": uid,
            "resourceVersion": "7",
            "generation": 1,
            "managedFields": [
                {"manager": "kube-controller-manager", "operation": "Update"},
                {"manager": "pulumi-kubernetes-1a2b", "operation": "Apply"},
            ],
        },
        "spec": {
            "replicas": 3,
            "template": {"spec": {"containers": []}},
            "volumeClaimTemplates": [
                {"metadata": {"name": "data"}, "spec": claim(0, size)["spec"], "status": {"phase": "Pending"}}
            ],
        },
        "status": {"replicas": 3, "observedGeneration": 1},
    }


def claim(ordinal: int, size: str) -> dict[str, Any]:
    return {"metadata": {"name": f"data-orders-{ordinal}"}, "spec": {"resources": {"requests": {"storage": size}}}}


class Cluster:
    """Stands for the API: a StatefulSet, its claims, and what was asked of them."""

    def __init__(self, template: str, claims: list[str]) -> None:
        self.found: dict[str, Any] | None = stateful_set(template)
        self.sizes = claims
        self.made: list[tuple[dict[str, Any], str]] = []
        self.adopts = True

    def stateful_set(self, _namespace: str, _name: str) -> dict[str, Any] | None:
        return self.found

    def claims(self, _namespace: str) -> list[dict[str, Any]]:
        return [claim(ordinal, size) for ordinal, size in enumerate(self.sizes)]

    def replace_stateful_set(self, _namespace: str, manifest: dict[str, Any], field_manager: str) -> None:
        self.made.append((manifest, field_manager))
        self.found = stateful_set(uid="new")
        if not self.adopts:
            self.found["status"]["replicas"] = 0


def renewed(cluster: Cluster, size: str) -> list[tuple[dict[str, Any], str]]:
    grow.renew_template(cluster, TARGET, size, lambda _: None)  # pyright: ignore[reportArgumentType]
    return cluster.made


def test_the_template_follows_the_claims_and_nothing_else_changes() -> None:
    ((manifest, manager),) = renewed(Cluster("10Gi", ["20Gi"] * 3), "20Gi")
    before = stateful_set()
    expected = copy.deepcopy(before["spec"])
    expected["volumeClaimTemplates"][0] = {"metadata": {"name": "data"}, "spec": claim(0, "20Gi")["spec"]}
    assert manifest["spec"] == expected
    assert manifest["metadata"] == {"name": "orders", "namespace": "shop", "labels": {"team": "shop"}}
    assert "status" not in manifest
    assert manager == "pulumi-kubernetes-1a2b"


@pytest.mark.parametrize(
    ("template", "claims", "size"),
    [
        pytest.param("20Gi", ["20Gi"] * 3, "20Gi", id="it is there already"),
        pytest.param("20Gi", ["20Gi"] * 3, "20480Mi", id="the same in other words"),
        pytest.param("20Gi", ["20Gi"] * 3, "10Gi", id="a template never shrinks"),
        pytest.param("10Gi", ["20Gi", "10Gi", "20Gi"], "20Gi", id="one claim was not accepted"),
        pytest.param("10Gi", ["20Gi", "20Gi"], "20Gi", id="one claim is not there"),
        pytest.param("10Gi", ["20Gi"] * 3, "", id="the size is not known"),
    ],
)
def test_it_is_left_alone(template: str, claims: list[str], size: str) -> None:
    assert renewed(Cluster(template, claims), size) == []


def test_what_is_about_to_happen_is_told_first() -> None:
    cluster = Cluster("10Gi", ["20Gi"] * 3)

    def interrupt(_what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grow.renew_template(cluster, TARGET, "20Gi", interrupt)  # pyright: ignore[reportArgumentType]
    assert cluster.made == []


def test_no_stateful_set_is_nothing_to_do() -> None:
    cluster = Cluster("10Gi", [])
    cluster.found = None
    assert renewed(cluster, "20Gi") == []


def test_pods_that_are_not_taken_back_are_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grow, "ADOPTION_SECONDS", 0.2)
    monkeypatch.setattr(grow.time, "sleep", lambda _: None)
    cluster = Cluster("10Gi", ["20Gi"] * 3)
    cluster.adopts = False
    with pytest.raises(OperateError, match="has not taken all its pods back"):
        renewed(cluster, "20Gi")


def test_without_an_owner_the_providers_own_name_is_used() -> None:
    assert grow.field_manager({"metadata": {}}) == "pulumi-kubernetes"
