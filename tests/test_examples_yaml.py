"""The component as other Pulumi languages get it. ``python tests/test_examples_yaml.py`` writes the schema anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from harness import Deployed, deploy, strings_outside_secrets
from pulumi.provider.experimental.component import ComponentProvider

import mysql_k8s
from mysql_k8s import MySQLClusterArgs
from mysql_k8s.args.docstrings import docstrings
from mysql_k8s.component_inputs import whole_numbers
from mysql_k8s.component_provider import MySQLCluster

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).with_name("golden") / "component-schema.json"
PROGRAM = yaml.safe_load((ROOT / "examples/yaml/Pulumi.yaml").read_text())
TOKEN = "mysql-k8s:index:MySQLCluster"
GIVEN = "correct horse/battery@staple"


def schema() -> dict[str, Any]:
    return json.loads(ComponentProvider([MySQLCluster], "mysql-k8s", version="0.0.0").schema)


def shape(document: Any) -> Any:
    """The schema without its texts, which may be worded better at any time."""
    if isinstance(document, dict):
        return {key: shape(value) for key, value in document.items() if key not in ("description", "dependencies")}
    return [shape(value) for value in document] if isinstance(document, list) else document


def written() -> str:
    return json.dumps(shape(schema()), indent=2, sort_keys=True) + "\n"


def test_the_schema_is_the_one_that_programs_were_written_for() -> None:
    assert written() == GOLDEN.read_text()


def test_every_argument_is_described() -> None:
    component = schema()
    texts = {name.rpartition(":")[2]: each.get("description", "") for name, each in component["types"].items()}
    for model in (mysql_k8s.Storage, mysql_k8s.User, mysql_k8s.Timeouts):
        described = docstrings(model)
        assert described.keys() == model.model_fields.keys()
        assert all(text in texts[model.__name__] for text in described.values())
    assert "`startOrder`: ``ordered`` starts" in texts["Topology"]


def test_no_argument_is_required_and_all_are_there() -> None:
    resource = schema()["resources"][TOKEN]
    assert resource["requiredInputs"] == []
    assert {snake(name) for name in resource["inputProperties"]} == set(MySQLClusterArgs.model_fields)


def snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


ARGUMENTS = {
    "namespace": "shop",
    "topology": {"kind": "replication", "members": 5.0, "durability": "semi-sync"},
    "storage": {"size": "20Gi", "retain_on_scale_in": False},
    "my_cnf": {"max_connections": 200.0, "long_query_time": 0.5},
    "users": ["app"],
}
"""As the host passes them: names as in Python, every number a float."""


def made(arguments: dict[str, Any]) -> Deployed:
    return deploy(lambda: MySQLCluster("orders", arguments))


def test_the_same_objects_are_made_as_from_python() -> None:
    from_python = deploy(
        lambda: mysql_k8s.MySQLCluster("orders", MySQLClusterArgs.model_validate(whole_numbers(ARGUMENTS)))
    )
    elsewhere = made(ARGUMENTS)
    assert elsewhere.identities() == from_python.identities()
    assert elsewhere.one("StatefulSet") == from_python.one("StatefulSet")
    assert elsewhere.of("Service") == from_python.of("Service")
    assert elsewhere.one("StatefulSet")["spec"]["replicas"] == 5


def test_numbers_are_whole_again_where_they_were() -> None:
    given: Any = {"a": 3.0, "b": [0.5, 7.0, True], "c": {"d": "1.0"}}
    assert json.dumps(whole_numbers(given)) == '{"a": 3, "b": [0.5, 7, true], "c": {"d": "1.0"}}'


def test_a_given_password_stays_a_secret() -> None:
    deployed = deploy(
        lambda: MySQLCluster("orders", {"users": [{"name": "app", "password": pulumi.Output.secret(GIVEN)}]})
    )
    assert deployed.of("Secret")["orders-user-app"]["stringData"]["password"] == GIVEN
    assert "orders-user-app-password" not in deployed.of("GeneratedPassword")
    for each in deployed.resources:
        assert not [text for text in strings_outside_secrets(each.inputs) if GIVEN in text], each.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"topology": {"kind": "replication", "members": 4.0}}, "topology.members = 4: must be an odd number"),
        ({"engine": {"version": "5.7.1"}}, "engine.version = 5.7.1: is not a version that this library knows"),
        ({"users": [{"name": "app", "password": GIVEN, "databases": ["nope"]}]}, "users.0.databases = nope"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        made(arguments)
    assert message in str(refused.value)
    assert GIVEN not in str(refused.value)


def test_a_wrong_name_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="lower-case letters"):
        deploy(lambda: MySQLCluster("Orders", {}))


def test_the_example_uses_what_the_schema_has() -> None:
    resource = schema()["resources"][TOKEN]
    orders = PROGRAM["resources"]["orders"]
    unknown = list(unknown_keys(orders["properties"], {"properties": resource["inputProperties"]}, schema()["types"]))
    assert unknown == []
    used = set(re.findall(r"\$\{orders\.(\w+)\}", (ROOT / "examples/yaml/Pulumi.yaml").read_text()))
    assert used and used <= resource["properties"].keys()


def unknown_keys(value: Any, definition: dict[str, Any], types: dict[str, Any]) -> Iterator[str]:
    """The keys of ``value`` that its definition in the schema does not have."""
    if reference := definition.get("$ref", ""):
        definition = types.get(reference.removeprefix("#/types/"), {})
    for key, item in value.items() if isinstance(value, dict) and "properties" in definition else ():
        if key in definition["properties"]:
            yield from unknown_keys(item, definition["properties"][key], types)
        else:
            yield key
    for item in value if isinstance(value, list) else ():
        yield from unknown_keys(item, definition["items"], types)


def test_the_plugin_leads_to_the_component() -> None:
    plugin = yaml.safe_load((ROOT / "components/PulumiPlugin.yaml").read_text())
    assert PROGRAM["packages"] == {plugin["name"]: "../../components"}
    assert PROGRAM["resources"]["orders"]["type"] == f"{plugin['name']}:{MySQLCluster.__name__}"


if __name__ == "__main__":
    GOLDEN.write_text(written())
