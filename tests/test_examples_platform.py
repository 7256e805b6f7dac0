"""The platform team's program against a recording engine."""

from __future__ import annotations

import importlib.util
import json
import runpy
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
import pytest
import yaml
from harness import Deployed, deploy, strings_outside_secrets

EXAMPLE = Path(__file__).parent.parent / "examples" / "platform"
GIVEN = "correct horse/battery@staple"


def configuration() -> dict[str, str]:
    """The defaults of the project, and a password. The recording engine calls every project `mysql`."""
    declared = yaml.safe_load((EXAMPLE / "Pulumi.yaml").read_text())["config"]
    defaults = {f"mysql:{key}": each["default"] for key, each in declared.items() if "default" in each}
    return defaults | {"mysql:auditPassword": GIVEN}


@pytest.fixture(scope="module")
def deployed() -> Deployed:
    pulumi.runtime.set_all_config(configuration(), ["mysql:auditPassword"])
    try:
        return deploy(lambda: runpy.run_path(str(EXAMPLE)))
    finally:
        pulumi.runtime.set_all_config({})


@pytest.fixture(scope="module")
def cost_centre() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cost_centre", EXAMPLE / "cost_centre.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_two_clusters_stand_beside_the_shop(deployed: Deployed) -> None:
    sets = deployed.of("StatefulSet")
    assert {name: each["spec"]["replicas"] for name, each in sets.items()} == {"orders": 3, "audit": 1}
    assert {name: each["metadata"]["namespace"] for name, each in sets.items()} == {"orders": "shop", "audit": "audit"}
    assert set(deployed.of("Namespace")) == {"shop", "audit"}
    assert deployed.one("Deployment")["metadata"]["namespace"] == "shop"


def test_every_object_is_made_by_the_one_provider(deployed: Deployed) -> None:
    providers = {each.name: each.provider for each in deployed.resources if each.typ.startswith("kubernetes:")}
    assert providers and all("pulumi:providers:kubernetes::kubernetes::" in each for each in providers.values())
    settings = next(each.inputs for each in deployed.resources if each.typ == "pulumi:providers:kubernetes")
    assert settings["enableSecretMutable"] == settings["enableConfigMapMutable"] == "true"


def test_the_shop_mounts_the_secret_of_the_orders_and_one_of_its_own(deployed: Deployed) -> None:
    pod = deployed.one("Deployment")["spec"]["template"]["spec"]
    mounted = [each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each]
    secrets = deployed.of("Secret")
    assert mounted == ["orders-user-shop", "shop-audit"]
    assert {secrets[name]["metadata"]["namespace"] for name in mounted} == {"shop"}
    needed = {"username", "password", "host", "database", "ca.crt"}
    assert all(needed <= secrets[name]["stringData"].keys() for name in mounted)
    at_the_cluster, at_the_shop = (secrets[name]["stringData"] for name in ("audit-user-shop", "shop-audit"))
    assert {key: at_the_cluster[key] for key in needed} == at_the_shop


def test_the_audit_log_lets_the_shop_in_and_nobody_else(deployed: Deployed) -> None:
    clients = deployed.of("NetworkPolicy")["audit"]["spec"]["ingress"][0]["from"]
    labels = [each["namespaceSelector"]["matchLabels"] for each in clients if "namespaceSelector" in each]
    assert labels == [{"kubernetes.io/metadata.name": "shop"}]


def test_nobody_connects_to_the_shop(deployed: Deployed) -> None:
    policy = deployed.of("NetworkPolicy")["shop"]["spec"]
    pods = deployed.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert policy == {"podSelector": {"matchLabels": pods}, "policyTypes": ["Ingress"]}


def test_the_password_is_nowhere_in_plain_text(deployed: Deployed) -> None:
    for each in deployed.resources:
        assert not [text for text in strings_outside_secrets(each.inputs) if GIVEN in text], each.name


def test_the_shop_meets_the_restricted_standard(deployed: Deployed) -> None:
    pod = deployed.one("Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def transformed(cost_centre: ModuleType, kind: str, props: dict[str, Any]) -> Any:
    args = pulumi.ResourceTransformArgs(
        custom=True, type_=kind, name="any", props=props, opts=pulumi.ResourceOptions(protect=True)
    )
    return cost_centre.charge_to("sales")(args)


def test_the_transform_labels_an_object_and_its_pods(cost_centre: ModuleType, deployed: Deployed) -> None:
    stateful_set = deployed.of("StatefulSet")["orders"]
    before = json.dumps(stateful_set)
    result = transformed(cost_centre, "kubernetes:apps/v1:StatefulSet", stateful_set)
    template = result.props["spec"]["template"]
    for metadata in (result.props["metadata"], template["metadata"]):
        assert metadata["labels"]["example.com/cost-centre"] == "sales"
        assert metadata["labels"]["app.kubernetes.io/instance"] == "orders"
    assert result.opts.protect is True
    assert json.dumps(stateful_set) == before, "the transform made a new object"
    unchanged = {**stateful_set["spec"], "template": None}
    assert {**result.props["spec"], "template": None} == unchanged


@pytest.mark.parametrize("kind", ["mysql-k8s:index:MySQLCluster", "pulumi:providers:kubernetes"])
def test_the_transform_leaves_everything_else_alone(cost_centre: ModuleType, kind: str) -> None:
    assert transformed(cost_centre, kind, {"metadata": {}}) is None


def test_the_script_is_a_script() -> None:
    shell = shutil.which("sh")
    assert shell
    assert subprocess.run([shell, "-n", EXAMPLE / "shop.sh"], capture_output=True, check=False).stderr == b""
