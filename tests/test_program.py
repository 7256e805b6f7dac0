"""The program as ``pulumi up`` runs it, with each stack's configuration."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from harness import Deployed, deploy, strings_outside_secrets

from mysql_k8s.render import stacks

ROOT = Path(__file__).parent.parent
STACKS = stacks.names(ROOT)


def run(config: dict[str, Any], secrets: tuple[str, ...] = ()) -> Deployed:
    """Run ``__main__.py``; objects in ``config`` become JSON, as the engine passes them."""
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    pulumi.runtime.set_all_config(texts, list(secrets))
    try:
        return deploy(lambda: runpy.run_path(str(ROOT / "__main__.py")))
    finally:
        pulumi.runtime.set_all_config({})


def stack(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())["config"]


@pytest.mark.parametrize("name", STACKS)
def test_every_stack_describes_a_cluster(name: str) -> None:
    config = stack(name)
    deployed = run(config)
    spec = deployed.of("StatefulSet")[config.get("mysql:name", "mysql")]["spec"]
    assert spec["replicas"] == config["mysql:cluster"]["topology"]["members"]
    assert spec["template"]["spec"]["containers"][0]["image"] == config["mysql:cluster"]["engine"]["image"]
    assert {each["metadata"]["namespace"] for each in deployed.of("Service").values()} == {
        config["mysql:cluster"]["namespace"]
    }


def test_the_sandbox_runs_images_that_were_built_for_it() -> None:
    pod = run(stack("dev")).one("StatefulSet")["spec"]["template"]["spec"]
    images = [each["image"] for each in pod["containers"] + pod["initContainers"]]
    assert images == ["localhost/mysql-k8s/mysql:9.7.4", "localhost/mysql-k8s/python:3"]


def test_production_keeps_its_data_backs_it_up_and_keeps_its_members_apart() -> None:
    deployed = run(stack("prod"))
    assert {"mysql-backup", "mysql-drill"} <= set(deployed.of("CronJob"))
    spec = deployed.of("StatefulSet")["mysql"]["spec"]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    anti_affinity = spec["template"]["spec"]["affinity"]["podAntiAffinity"]
    assert "requiredDuringSchedulingIgnoredDuringExecution" in anti_affinity


def test_an_empty_configuration_is_a_cluster_too() -> None:
    assert run({}).one("StatefulSet")["metadata"]["name"] == "mysql"


def test_a_name_of_ones_own() -> None:
    assert run({"mysql:name": "orders"}).one("StatefulSet")["metadata"]["name"] == "orders"


@pytest.mark.parametrize("cluster", [{}, {"users": ["app"]}, {"users": [{"name": "app"}]}])
def test_a_password_from_the_stacks_secrets(cluster: dict[str, Any]) -> None:
    password = "correct-horse-battery"
    config = {"mysql:cluster": cluster, "mysql:password-app": password}
    deployed = run(config, secrets=("mysql:password-app",))
    assert deployed.of("Secret")["mysql-user-app"]["stringData"]["password"] == password
    for each in deployed.resources:
        assert not [text for text in strings_outside_secrets(each.inputs) if password in text], each.name


def test_bad_input_ends_with_one_message_and_no_traceback() -> None:
    config = {"mysql:cluster": {"topology": {"kind": "replication", "members": 4}, "storag": {}}}
    with pytest.raises(pulumi.RunError) as caught:
        run(config)
    message = str(caught.value)
    assert message.splitlines()[0] == "the configuration does not describe a cluster:"
    assert "topology.members = 4: must be an odd number" in message
    assert "storag: there is no such argument; did you mean storage?" in message
    assert caught.value.__suppress_context__


def test_a_bad_name_is_bad_input_too() -> None:
    with pytest.raises(pulumi.RunError, match="name = Orders: must be up to 40"):
        run({"mysql:name": "Orders"})


def test_the_project_declares_what_the_program_reads() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert {"name", "cluster"} <= declared.keys()
    for kind in ("Secret", "ConfigMap"):
        assert declared[f"kubernetes:enable{kind}Mutable"] == {"value": True}, "running pods read them"
