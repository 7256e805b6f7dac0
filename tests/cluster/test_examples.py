"""The examples: deployed, used, and taken away, with the data kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .support.clients import Endpoint
from .support.example import CHECKOUT, Example
from .support.kube import Kube
from .support.waiting import wait_until

PASSWORD = "correct horse/battery@staple"
COST_CENTRE = "example.com/cost-centre"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
Namespaces = Callable[[str], Kube]


@pytest.fixture
def namespace(kubeconfig: str) -> Iterator[Namespaces]:
    """Names of a test's own; whatever is in such a namespace goes with it."""
    made: list[Kube] = []

    def name(purpose: str) -> Kube:
        made.append(Kube(kubeconfig, f"example-{purpose}-{uuid.uuid4().hex[:6]}"))
        return made[-1]

    yield name
    for kube in made:
        kube.delete_namespace()


def reader(kube: Kube, cluster: str, user: str) -> Endpoint:
    """The Service for reads, as an application with the user's Secret finds it."""
    secret = kube.secret(f"{cluster}-user-{user}")
    host = f"{cluster}-read"
    return Endpoint(
        host=f"{host}.{kube.namespace}.svc",
        address=kube.service_address(host),
        user=secret["username"],
        password=secret["password"],
        ca_certificate=secret["ca.crt"],
        database=secret["database"],
    )


def below(state: list[dict[str, Any]], component: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a component."""
    objects = [
        each for each in state if each["type"].startswith("kubernetes:") and each["urn"].split("::")[2].count("$")
    ]
    return [each for each in objects if each["parent"].endswith(f"::{component}")]


def test_a_platform_team_runs_two_clusters_and_the_shop_that_needs_them(
    kubeconfig: str, tmp_path: Path, namespace: Namespaces
) -> None:
    shop, audit = namespace("shop"), namespace("audit")
    example = Example("platform", tmp_path, kubeconfig)
    example.configure(
        {"shopNamespace": shop.namespace, "auditNamespace": audit.namespace}, secrets={"auditPassword": PASSWORD}
    )
    printed = example.pulumi("up", "--yes", "--skip-preview", "--policy-pack", str(CHECKOUT / "policies"))

    state = example.state()
    for component, cost_centre in (("orders", "sales"), ("audit", "compliance"), ("shop", "sales")):
        labels = [
            each["inputs"]["metadata"]["labels"] for each in below(state, component) if "Patch" not in each["type"]
        ]
        assert labels and all(each[COST_CENTRE] == cost_centre for each in labels), component
    for kube, cost_centre in ((shop, "sales"), (audit, "compliance")):
        assert {pod["metadata"]["labels"][COST_CENTRE] for pod in kube.pods()} == {cost_centre}
    assert PASSWORD not in printed + str(state)

    # The Deployment is ready, so the shop has sold over TLS. What it sold is there for every reader.
    (seller,) = [pod["metadata"]["name"] for pod in shop.pods() if pod["metadata"]["name"].startswith("shop-")]
    assert "sold: order 1, read back from orders-read" in shop.log(seller, "shop")
    orders = reader(shop, "orders", "shop")
    for _ in range(6):  # any member may answer
        wait_until("order 1", lambda: orders.rows("SELECT item FROM orders WHERE id = 1") == [{"item": "tea"}], 5)
    assert reader(audit, "audit", "shop").rows("SELECT order_id FROM sales WHERE order_id = 1") == [{"order_id": 1}]

    example.pulumi("preview", "--expect-no-changes")
    example.pulumi("destroy", "--yes", "--skip-preview")
    assert shop.namespace_exists() and audit.namespace_exists()
    assert set(shop.claims()) == {"data-orders-0", "data-orders-1", "data-orders-2"}
    assert set(audit.claims()) == {"data-audit-0"}


def test_a_program_in_yaml_runs_a_cluster(kubeconfig: str, tmp_path: Path, namespace: Namespaces) -> None:
    kube = namespace("yaml")
    kube.make_namespace(RESTRICTED)
    example = Example("yaml", tmp_path, kubeconfig)
    example.configure({"namespace": kube.namespace}, secrets={"reportPassword": PASSWORD})
    printed = example.pulumi("up", "--yes", "--skip-preview", "--policy-pack", str(CHECKOUT / "policies"))

    outputs = example.outputs()
    assert outputs["writes"] == f"orders-primary.{kube.namespace}.svc"
    assert outputs["secrets"] == {"shop": "orders-user-shop", "report": "orders-user-report"}
    assert outputs["plan"]["members"] == 3
    state = example.state()
    assert {"StatefulSet", "Service", "Secret", "NetworkPolicy"} <= {
        each["type"].rpartition(":")[2] for each in below(state, "orders")
    }
    assert PASSWORD not in printed + str(outputs) + str(state)
    assert kube.secret("orders-user-report")["password"] == PASSWORD
    rows = reader(kube, "orders", "report").rows("SELECT @@max_connections AS connections, @@long_query_time AS slow")
    assert rows == [{"connections": 100, "slow": 0.5}]

    example.pulumi("preview", "--expect-no-changes")
    example.pulumi("destroy", "--yes", "--skip-preview")
    assert set(kube.claims()) == {"data-orders-0", "data-orders-1", "data-orders-2"}


def test_what_a_program_in_yaml_gets_wrong_is_told_at_preview(
    kubeconfig: str, tmp_path: Path, namespace: Namespaces
) -> None:
    example = Example("yaml", tmp_path, kubeconfig)
    example.configure({"namespace": namespace("yaml").namespace}, secrets={"reportPassword": PASSWORD})
    program = example.folder / "Pulumi.yaml"
    right = program.read_text()
    for wrong, message in (
        ("members: 4", "topology.members = 4: must be an odd number"),
        ("membres: 3", "Property membres does not exist"),
    ):
        program.write_text(right.replace("members: 3", wrong))
        with pytest.raises(RuntimeError) as refused:
            example.pulumi("preview")
        assert message in str(refused.value)
        assert PASSWORD not in str(refused.value)
