"""Bad input: one line that names the argument, its value, what is wrong, and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mysql_k8s import MySQLClusterArgs, explain
from mysql_k8s.names import Names
from mysql_k8s.server_settings import ASYNC, COMMON, GROUP, GROUP_ARGUMENTS, REFUSED, REPLICATION, SEMI_SYNC

PASSWORD = "correct-horse-battery"


def problems(wanted: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        MySQLClusterArgs.model_validate(wanted)
    return explain(caught.value)


def replication(**fields: Any) -> dict[str, Any]:
    return {"topology": {"kind": "replication", **fields}}


def group(**fields: Any) -> dict[str, Any]:
    return {"topology": {"kind": "group-replication", **fields}}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (replication(members=4), "topology.members = 4: must be an odd number from 3 up"),
        (replication(members=4), "use 3 or 5"),
        (replication(members=1), "use 3, or the topology `standalone`"),
        (replication(members=-3), "topology.members = -3: must be an odd number"),
        (replication(members=True), "topology.members = True: must be a whole number"),
        (replication(members="3"), "topology.members = 3: must be a whole number, without quotes"),
        (
            replication(replica_lag_limit_seconds=-1),
            "topology.replica_lag_limit_seconds = -1: is too small; use 1 or more",
        ),
        (
            replication(durability="none"),
            "topology.durability = none: is not one of the choices; use 'async' or 'semi-sync'",
        ),
        (
            replication(replica_lag_limit=1),
            "topology.replica_lag_limit: there is no such argument; did you mean replica_lag",
        ),
        (group(members=11), "topology.members = 11: is too large for a group; use 9 or less"),
        (group(members=4), "topology.members = 4: must be an odd number from 3 up"),
        (group(durability="async"), "topology.durability: there is no such argument"),
        (group(profile="slow"), "topology.profile = slow: is not one of the choices; use 'fast' or 'tolerant'"),
        (
            group(force_start={"member": 3, "epoch": "1"}),
            "topology.force_start.member = 3: is not among the members; use an ordinal from 0 to 2",
        ),
        (group(force_start={"member": 1, "epoch": "latest"}), "topology.force_start.epoch = latest: "),
        ({"my_cnf": {"group_replication_consistency": "AFTER"}}, "is fixed: topology.consistency sets it"),
        ({"my_cnf": {"group_replication_force_members": "x"}}, "see topology.force_start"),
        ({"my_cnf": {"loose_group_replication_paxos_single_leader": "ON"}}, "may stand still when a member joins"),
        ({"topology": {"members": 3}}, "topology: must say which kind it is; add `kind: standalone`,"),
        ({"topology": {"kind": "ndb"}}, "topology: is not a known kind; use `kind: standalone`,"),
        ({"topology": {"kind": "standalone", "members": 1}}, "topology.members: there is no such argument"),
        ({"storage": {"size": "10G i"}}, "storage.size = 10G i: is not a Kubernetes quantity; write"),
        ({"storage": {"size": 10}}, "storage.size = 10: must be text; put it in quotes"),
        ({"storage": {"size": "100Mi"}}, "storage.size = 100Mi: is too small"),
        ({"storage": {"access_mode": "ReadWriteMany"}}, "use 'ReadWriteOnce' or 'ReadWriteOncePod'"),
        ({"storag": {}}, "storag: there is no such argument; did you mean storage?"),
        ({"zzz": 1}, "zzz: there is no such argument; known here: agent, annotations,"),
        ({"storage": "10Gi"}, "storage = 10Gi: must be a table of arguments"),
        ({"resources": {"memory": "512Mi"}}, "resources.memory = 512Mi: is too small: mysqld needs 512Mi beside"),
        ({"resources": {"memory": "512Mi"}}, "use 640Mi or more"),
        ({"resources": {"cpu": "lots"}}, "resources.cpu = lots: is not a Kubernetes quantity"),
        ({"agent": {"memory": "256Mi"}}, "agent.memory_limit = 128Mi: is below agent.memory = 256Mi"),
        ({"agent": {"image": "has space"}}, "agent.image = has space: is not an image reference"),
        (
            {"engine": {"version": "8.4.3"}},
            "engine.version = 8.4.3: is not a version that this library knows; use 9.7.x",
        ),
        ({"engine": {"version": "9.7"}}, "engine.version = 9.7: is not a version"),
        ({"my_cnf": {"gtid-mode": "OFF"}}, "my_cnf.gtid-mode = OFF: is fixed: replication, cloning and"),
        ({"my_cnf": {"bad key": 1}}, "my_cnf.'bad key' = 1: is not a setting of mysqld"),
        ({"my_cnf": {"[client]": 1}}, "is not a setting of mysqld"),
        ({"my_cnf": {"x": "1\n[mysqld-9.7]"}}, "my_cnf.x = ...: must be one line"),
        ({"my_cnf": {"x": [1]}}, "my_cnf.x: must be text, a number, true or false"),
        ({"my_cnf": {"a-b": 1, "a_b": 2}}, "my_cnf.a_b = 2: is the same setting as a-b"),
        ({"my_cnf": {"innodb_buffer_pool_size": "2G"}}, "does not fit resources.memory = 2Gi"),
        ({"my_cnf": {"innodb_buffer_pool_size": "2G"}}, "use 1536M or less, or raise the memory"),
        ({"my_cnf": {"innodb-buffer-pool-size": "big"}}, "my_cnf.innodb-buffer-pool-size = big: is not a size"),
        ({"databases": ["mysql"]}, "databases.0 = mysql: is one of MySQL's own databases"),
        ({"databases": ["1st"]}, "databases.0 = 1st: must be up to 64 letters"),
        ({"databases": ["a" * 65]}, "must be up to 64 letters"),
        ({"databases": ["a", "a"]}, "databases: names a twice"),
        ({"users": ["root"]}, "users.0.name = root: is reserved"),
        ({"users": ["mysql_k8s_clone"]}, "users.0.name = mysql_k8s_clone: is reserved"),
        ({"users": ["u" * 33]}, "must be up to 32 lower-case letters"),
        ({"users": ["App"]}, "users.0.name = App: must be up to 32 lower-case letters"),
        ({"users": ["a_b", "a-b"]}, "users.1.name = a-b: would have the same Secret as user a_b"),
        ({"users": ["app", "app"]}, "users.1.name = app: would have the same Secret as user app"),
        (
            {"users": [{"name": "x", "databases": ["nope"]}]},
            "users.0.databases = nope: is not among the databases (app)",
        ),
        ({"users": [{"name": "x", "databases": []}]}, "users.0.databases: must not be empty"),
        (
            {"users": [{"name": "x", "privileges": ["SUPER"]}]},
            "users.0.privileges.0 = SUPER: is not one of the choices",
        ),
        ({"users": [{}]}, "users.0.name: is required"),
        ({"users": [3]}, "users.0: must be a table of arguments"),
        ({"labels": {"app.kubernetes.io/name": "x"}}, "labels.app.kubernetes.io/name = x: the library sets"),
        ({"labels": {"team": "a b"}}, "labels.team = a b: is not a label's value"),
        ({"labels": {"a b": "x"}}, "labels.a b = x: is not a label's name"),
        ({"annotations": {"a b": "x"}}, "annotations.a b = ...: is not an annotation's name"),
        ({"timeouts": {"stop_seconds": 1}}, "timeouts.stop_seconds = 1: is too small; use 30 or more"),
        ({"tls": {"validity_days": 9999}}, "tls.validity_days = 9999: is too large; use 3650 or less"),
        ({"namespace": "My Shop"}, "namespace = My Shop: must be a DNS label"),
        ({"network": {"client_namespaces": ["A"]}}, "network.client_namespaces.0 = A: must be a DNS label"),
        (
            {"scheduling": {"tolerations": [{"kee": "x"}]}},
            "scheduling.tolerations.0.kee: there is no such argument; did you mean key?",
        ),
    ],
)
def test_one_line_with_the_way_out(wanted: dict[str, Any], expected: str) -> None:
    found = problems(wanted)
    assert expected in found
    assert "\n" not in found


def test_every_problem_gets_its_line() -> None:
    found = problems({**replication(members=2), "storage": {"size": "10G i"}, "bakup": {}})
    assert [line.split(":")[0] for line in found.splitlines()] == [
        "topology.members = 2",
        "storage.size = 10G i",
        "bakup",
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        {"users": [{"name": "app", "password": 12345678}]},
        {"users": [{"name": "app", "password": "short"}]},
        {"users": [{"name": "app", "password": {"value": PASSWORD}}]},
        {"users": [{"name": "app", "password": [PASSWORD]}]},
        {"users": [{"name": "app", "password": f"{PASSWORD}\n"}]},
        {"users": [{"name": "app", "passwrd": PASSWORD}]},
        {"users": [{"name": "root", "password": PASSWORD}]},
        {"users": [{"password": PASSWORD}]},
        {"users": [[PASSWORD]]},
        {"users": {"app": PASSWORD}},
        {"users": PASSWORD},
        {"password": PASSWORD},
        {"my_cnf": {"report_password": PASSWORD, "report-password": PASSWORD}},
    ],
)
def test_no_password_is_ever_shown(wanted: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        MySQLClusterArgs.model_validate(wanted)
    for text in (explain(caught.value), str(caught.value), repr(caught.value)):
        assert text
        assert PASSWORD not in text
        assert "12345678" not in text
        assert "short" not in text


@pytest.mark.parametrize(
    "key", sorted({**COMMON, **REPLICATION, **ASYNC, **SEMI_SYNC, **GROUP, **GROUP_ARGUMENTS, **REFUSED})
)
@pytest.mark.parametrize("spelling", ["{}", "loose_{}", "LOOSE-{}", "skip_{}"])
def test_no_fixed_setting_gets_in_under_any_spelling(key: str, spelling: str) -> None:
    for name in (key, key.replace("_", "-")):
        assert "is fixed: " in problems({"my_cnf": {spelling.format(name): "x"}})


@pytest.mark.parametrize("old", ["log_slave_updates", "skip_slave_start", "rpl_semi_sync_master_timeout"])
def test_no_fixed_setting_gets_in_under_its_old_name(old: str) -> None:
    assert "is fixed: " in problems({"my_cnf": {old: "x"}})


@pytest.mark.parametrize("name", ["", "Orders", "1orders", "orders-", "or.ders", "o" * 41])
def test_a_name_that_kubernetes_would_refuse(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Names.of(name, "shop")
    assert explain(caught.value).startswith(f"name = {name}: must be up to 40 lower-case letters")
