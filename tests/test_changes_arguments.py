"""What is said of each argument holds for what the component makes of it, and docs/changes.md says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from harness import Deployed, deploy, plain
from test_readme import ARGUMENTS as KNOWN

from mysql_k8s import MySQLCluster, MySQLClusterArgs
from mysql_k8s.changes.arguments import ARGUMENTS
from mysql_k8s.changes.classify import Change, classify
from mysql_k8s.changes.effect import Effect
from mysql_k8s.generated import claim_template

DOCUMENT = (Path(__file__).parent.parent / "docs" / "changes.md").read_text()
ROWS = {match[1]: (match[2], match[3]) for match in re.finditer(r"^\| `([^`]+)` \| (.*?) \| (.*?) \|$", DOCUMENT, re.M)}

BASE: dict[str, Any] = {
    "namespace": "shop",
    "users": [{"name": "app", "password": "first-password"}],
    "databases": ["app", "more"],
    "scheduling": {"tolerations": [{"key": "a"}]},
}
TOLERATION = {"key": "a", "operator": "Equal", "value": "1", "effect": "NoExecute", "toleration_seconds": 9}

CHANGED: dict[str, dict[str, Any]] = {
    "namespace": {"namespace": "other"},
    "engine.kind": {"engine": {"kind": "mariadb"}},
    "engine.version": {"engine": {"version": "9.7.5"}},
    "engine.image": {"engine": {"image": "example.com/mysql:9.7.4"}},
    "topology.kind": {"topology": {"kind": "standalone"}},
    "topology.members": {"topology": {"kind": "replication", "members": 5}},
    "topology.durability": {"topology": {"kind": "replication", "durability": "semi-sync"}},
    "topology.replica_lag_limit_seconds": {"topology": {"kind": "replication", "replica_lag_limit_seconds": 5}},
    "topology.start_order": {"topology": {"kind": "replication", "start_order": "ordered"}},
    "storage.size": {"storage": {"size": "20Gi"}},
    "storage.storage_class": {"storage": {"storage_class": "fast"}},
    "storage.access_mode": {"storage": {"access_mode": "ReadWriteOncePod"}},
    "storage.retain_on_delete": {"storage": {"retain_on_delete": False}},
    "storage.retain_on_scale_in": {"storage": {"retain_on_scale_in": False}},
    "resources.cpu": {"resources": {"cpu": "1"}},
    "resources.memory": {"resources": {"memory": "4Gi"}},
    "resources.cpu_limit": {"resources": {"cpu_limit": "2"}},
    "agent.image": {"agent": {"image": "example.com/python:3"}},
    "agent.cpu": {"agent": {"cpu": "50m"}},
    "agent.memory": {"agent": {"memory": "80Mi"}},
    "agent.memory_limit": {"agent": {"memory_limit": "256Mi"}},
    "my_cnf": {"my_cnf": {"max_connections": 321}},
    "databases": {"databases": ["app", "more", "third"]},
    "users[].name": {"users": [*BASE["users"], "second"]},
    "users[].databases": {"users": [{**BASE["users"][0], "databases": ["app", "more"]}]},
    "users[].privileges": {"users": [{**BASE["users"][0], "privileges": ["SELECT"]}]},
    "users[].password": {"users": [{"name": "app", "password": "second-password"}]},
    "tls.validity_days": {"tls": {"validity_days": 30}},
    "labels": {"labels": {"team": "shop"}},
    "annotations": {"annotations": {"example.com/team": "shop"}},
    "scheduling.node_selector": {"scheduling": {**BASE["scheduling"], "node_selector": {"disk": "ssd"}}},
    **{f"scheduling.tolerations[].{key}": {"scheduling": {"tolerations": [TOLERATION]}} for key in TOLERATION},
    "scheduling.anti_affinity": {"scheduling": {**BASE["scheduling"], "anti_affinity": "required"}},
    "scheduling.spread_zones": {"scheduling": {**BASE["scheduling"], "spread_zones": False}},
    "scheduling.priority_class": {"scheduling": {**BASE["scheduling"], "priority_class": "high"}},
    "timeouts.startup_seconds": {"timeouts": {"startup_seconds": 600}},
    "timeouts.stop_seconds": {"timeouts": {"stop_seconds": 300}},
    "timeouts.ready_seconds": {"timeouts": {"ready_seconds": 60}},
    "network.client_namespaces": {"network": {"client_namespaces": ["apps"]}},
    "network.monitoring_namespaces": {"network": {"monitoring_namespaces": ["monitoring"]}},
}
GROUP = {"kind": "group-replication"}
OF_A_GROUP: dict[str, dict[str, Any]] = {
    "topology.profile": {"topology": {**GROUP, "profile": "tolerant"}},
    "topology.consistency": {"topology": {**GROUP, "consistency": "AFTER"}},
    "topology.clone_threshold": {"topology": {**GROUP, "clone_threshold": 5}},
    "topology.force_start.member": {"topology": {**GROUP, "force_start": {"member": 1, "epoch": "1"}}},
    "topology.force_start.epoch": {"topology": {**GROUP, "force_start": {"member": 1, "epoch": "1"}}},
}
GALERA = {"engine": {"kind": "mariadb"}, "topology": {"kind": "galera", "members": 3}}
OF_GALERA: dict[str, dict[str, Any]] = {
    "topology.writers": {"writers": "all"},
    "topology.donor": {"donor": "leaves"},
    "topology.receive_queue_limit": {"receive_queue_limit": 5},
    "topology.failed_transfers_limit": {"failed_transfers_limit": 5},
}
ROUTED = {"router": {"instances": 2}}
OF_A_ROUTER: dict[str, dict[str, Any]] = {
    "router.instances": {"instances": 3},
    "router.image": {"image": "example.com/router:9.7.4"},
    "router.max_connections": {"max_connections": 100},
    "router.cpu": {"cpu": "200m"},
    "router.memory": {"memory": "256Mi"},
}
NOT_CHANGED_HERE = {
    "tls.secret_name": "the Secret must exist; the pod's volume names it as it does every other",
    **dict.fromkeys((name for name in ARGUMENTS if name.startswith(("backup.", "restore."))), "no member is involved"),
}

ABOUT_WHAT_IS_GENERATED = ("tls.validity_days", "users[].password")


def made(change: dict[str, Any]) -> Deployed:
    return _made(json.dumps({**BASE, **change}))


@cache
def _made(arguments: str) -> Deployed:
    """Several arguments share one example."""
    args = MySQLClusterArgs.model_validate_json(arguments)
    return deploy(lambda: MySQLCluster("orders", args))


@pytest.fixture(scope="module")
def before() -> Deployed:
    return made({})


@pytest.fixture(scope="module")
def random(before: Deployed) -> set[str]:
    """What differs between any two runs of the recording engine, as it keeps no state: generated values."""
    again = deploy(lambda: MySQLCluster("orders", MySQLClusterArgs.model_validate(BASE)))
    return {step["urn"] for step in steps(before, again)}


def state(resource: Any) -> dict[str, Any]:
    kinds = ("ConfigMap", "Secret", "StatefulSet", "PersistentVolumeClaim")
    kind = resource.typ.rpartition(":")[2].removesuffix("Patch")
    inputs = {key: value for key, value in plain(resource.inputs).items() if key != "__provider"}
    return {"type": resource.typ, "custom": True, "inputs": {**({"kind": kind} if kind in kinds else {}), **inputs}}


def steps(old: Deployed, new: Deployed) -> Iterator[dict[str, Any]]:
    """What an engine would do between two runs. Only another name or namespace replaces."""
    first, second = ({(each.typ, each.name): each for each in run.resources} for run in (old, new))
    for key in {**first, **second}:
        entry: dict[str, Any] = {"urn": f"urn:pulumi:test::mysql::{key[0]}::{key[1]}"}
        states = {name: state(run[key]) for name, run in (("oldState", first), ("newState", second)) if key in run}
        if key[0].startswith("mysql-k8s:"):
            continue
        if len(states) == 2 and key[0].endswith("StatefulSet"):
            templates = states["oldState"]["inputs"]["spec"]["volumeClaimTemplates"]
            states["newState"]["inputs"]["spec"]["volumeClaimTemplates"] = templates  # as ignore_changes does
        if len(states) == 1:
            kept = {"retainOnDelete": True} if key[0].endswith("Patch") else {}
            op = "create" if "newState" in states else "delete"
            yield {**entry, **{name: {**each, **kept} for name, each in states.items()}, "op": op}
        elif states["oldState"] != states["newState"]:
            moved = any(
                states["oldState"]["inputs"].get("metadata", {}).get(name)
                != states["newState"]["inputs"].get("metadata", {}).get(name)
                for name in ("name", "namespace")
            )
            yield {**entry, **states, "op": "replace" if moved else "update"}


def refused(change: dict[str, Any]) -> bool:
    old, new = (MySQLClusterArgs.model_validate({**BASE, **each}) for each in ({}, change))
    return bool(claim_template.refusals(claim_template.made_with(old), claim_template.made_with(new)))


def test_every_argument_is_spoken_of() -> None:
    known = {name for name in KNOWN if not any(other.startswith(f"{name}[].") for other in KNOWN)}
    assert set(ARGUMENTS) == known
    assert set(CHANGED) | set(OF_A_GROUP) | set(OF_GALERA) | set(OF_A_ROUTER) | set(NOT_CHANGED_HERE) == known


@pytest.mark.parametrize("argument", CHANGED)
def test_the_effect_is_what_the_component_makes_of_it(argument: str, before: Deployed, random: set[str]) -> None:
    change = CHANGED[argument]
    ignored = set() if argument in ABOUT_WHAT_IS_GENERATED else random
    found_steps = [step for step in steps(before, made(change)) if step["urn"] not in ignored]
    report = classify({"steps": found_steps})
    found = Effect.REFUSED if refused(change) else report.effect
    assert found is ARGUMENTS[argument].effect


@pytest.mark.parametrize("argument", OF_A_GROUP)
def test_the_effect_on_a_group_is_what_the_component_makes_of_it(argument: str, random: set[str]) -> None:
    found = [step for step in steps(made({"topology": GROUP}), made(OF_A_GROUP[argument])) if step["urn"] not in random]
    assert classify({"steps": found}).effect is ARGUMENTS[argument].effect


@pytest.mark.parametrize("argument", OF_GALERA)
def test_the_effect_on_galera_is_what_the_component_makes_of_it(argument: str, random: set[str]) -> None:
    changed = {**GALERA, "topology": {**GALERA["topology"], **OF_GALERA[argument]}}
    found = [step for step in steps(made(GALERA), made(changed)) if step["urn"] not in random]
    assert classify({"steps": found}).effect is ARGUMENTS[argument].effect


@pytest.mark.parametrize("argument", OF_A_ROUTER)
def test_the_effect_on_a_router_is_what_the_component_makes_of_it(argument: str, random: set[str]) -> None:
    changed = {"router": {**ROUTED["router"], **OF_A_ROUTER[argument]}}
    found = [step for step in steps(made(ROUTED), made(changed)) if step["urn"] not in random]
    report = classify({"steps": found})
    assert report.effect is ARGUMENTS[argument].effect
    assert not [change for change in report.changes if change.kind == "StatefulSet"], "no member is involved"
    deployments = [change for change in report.changes if change.kind == "Deployment"]
    assert {reason.argument for change in deployments for reason in change.reasons} == {argument}


def test_a_router_comes_and_goes_without_a_member(random: set[str]) -> None:
    for old, new in ((BASE, ROUTED), (ROUTED, BASE)):
        found = [step for step in steps(made(old), made(new)) if step["urn"] not in random]
        assert {step["op"] for step in found} <= {"create", "delete"}
        assert not [step for step in found if "StatefulSet" in step["urn"]]


BACKED_UP = {"backup": {"target": {"kind": "volume"}}}


def of_the_keeper(old: dict[str, Any], new: dict[str, Any], random: set[str]) -> tuple[Effect, Change]:
    """The effect of it all, and what is said of the StatefulSet that keeps the archive."""
    report = classify({"steps": [step for step in steps(made(old), made(new)) if step["urn"] not in random]})
    (change,) = [change for change in report.changes if change.kind == "StatefulSet"]
    assert change.name == "orders-backup"
    return report.effect, change


@pytest.mark.parametrize("more", [{"memory": "256Mi"}, {"keep": 3}, {"point_in_time": False}])
def test_a_restart_of_the_archives_keeper_is_no_outage(more: dict[str, Any], random: set[str]) -> None:
    changed = {"backup": {**BACKED_UP["backup"], **more}}
    effect, change = of_the_keeper(BACKED_UP, changed, random)
    assert effect in (Effect.NOTHING, Effect.RUN_TIME)
    assert change.effect is Effect.NOTHING
    assert [reason.why for reason in change.reasons if "It restarts, and archives on" in reason.why]


def test_backups_come_and_go_without_a_member(random: set[str]) -> None:
    effect, change = of_the_keeper(BASE, BACKED_UP, random)
    assert change.effect is Effect.NOTHING
    assert effect in (Effect.NOTHING, Effect.RUN_TIME)
    _, change = of_the_keeper(BACKED_UP, BASE, random)
    assert change.effect is Effect.RUN_TIME
    assert "Nothing is archived any more" in change.reasons[0].why


def test_a_member_set_of_one_is_no_keeper(random: set[str]) -> None:
    alone = {"topology": {"kind": "standalone"}}
    found = [
        step
        for step in steps(made(alone), made({**alone, "my_cnf": {"max_connections": 321}}))
        if step["urn"] not in random
    ]
    assert classify({"steps": found}).effect is Effect.OUTAGE


def test_the_document_says_the_same() -> None:
    assert {name: (str(reason.effect), reason.why) for name, reason in ARGUMENTS.items()} == ROWS
