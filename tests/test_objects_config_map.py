from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mysql_k8s import ForceStart, GroupReplication, MySQLClusterArgs, Replication, Standalone, User, agent_bundle
from mysql_k8s.agent.settings import Settings
from mysql_k8s.names import Names
from mysql_k8s.objects import config_map


def cluster_json(args: MySQLClusterArgs, names: Names) -> dict[str, Any]:
    return json.loads(config_map.cluster_json(args, names))


def test_mysqld_finds_its_files(args: MySQLClusterArgs) -> None:
    files = config_map.files(args)
    assert files.keys() == {"my.cnf", "lib.sh", "run.sh", "alive.sh", "prestop.sh"}
    assert files["run.sh"].startswith("#!/bin/sh")


def test_what_the_agent_is_told(names: Names) -> None:
    args = MySQLClusterArgs(
        databases=("app", "audit"), users=(User(name="auditor", databases=("audit",), privileges=("SELECT",)),)
    )
    assert cluster_json(args, names) == {
        "name": "orders",
        "namespace": "shop",
        "service": "orders",
        "members": 3,
        "engine": "mysql",
        "topology": "replication",
        "durability": "async",
        "start_order": "parallel",
        "replica_lag_limit_seconds": 30,
        "stop_wait_seconds": 30,
        "databases": ["app", "audit"],
        "users": [{"name": "auditor", "databases": ["audit"], "privileges": ["SELECT"]}],
    }


def test_what_a_groups_agent_is_told(names: Names) -> None:
    ordered = GroupReplication(clone_threshold=7, force_start=ForceStart(member=2, epoch="17953085"))
    told = cluster_json(MySQLClusterArgs(topology=ordered), names)
    assert told["topology"] == "group-replication"
    assert told["group"] == {"clone_threshold": 7, "force_start": {"member": 2, "epoch": "17953085"}}
    settings = Settings.parse(json.dumps(told))
    assert (settings.in_group, settings.clone_threshold) == (True, 7)
    assert settings.force_start is not None
    assert (settings.force_start.member, settings.force_start.epoch) == (2, "17953085")


def test_the_agent_reads_what_it_is_told(names: Names) -> None:
    for topology in (Standalone(), Replication(), Replication(members=5, durability="semi-sync"), GroupReplication()):
        settings = Settings.parse(config_map.cluster_json(MySQLClusterArgs(topology=topology), names))
        assert settings.members == topology.members
        assert settings.host(0) == names.pod_host(0)
        assert settings.claim(0) == names.claim(0)


@pytest.mark.parametrize(
    "change", [{"my_cnf": {"sort_buffer_size": 524288}}, {"topology": Replication(durability="semi-sync")}]
)
def test_what_mysqld_reads_is_another_object_when_it_changes(
    change: dict[str, Any], args: MySQLClusterArgs, names: Names
) -> None:
    assert config_map.config_name(args, names) != config_map.config_name(MySQLClusterArgs(**change), names)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": {"team": "shop"}},
        {"topology": Replication(members=5, replica_lag_limit_seconds=5)},
        {"users": (User(name="app", password="a-new-password"), User(name="other"))},
    ],
)
def test_what_agents_apply_restarts_nobody(change: dict[str, Any], args: MySQLClusterArgs, names: Names) -> None:
    assert config_map.config_name(args, names) == config_map.config_name(MySQLClusterArgs(**change), names)


def test_content_never_changes_in_place(args: MySQLClusterArgs, names: Names) -> None:
    for built in (config_map.config(args, names), config_map.agent(args, names)):
        assert built.immutable is True
    assert config_map.declared(args, names).immutable is None, "kubelets renew this one in place"


def test_what_is_declared_changes_in_place(args: MySQLClusterArgs, names: Names) -> None:
    built: Any = config_map.declared(args, names)
    assert built.metadata.name == "orders-cluster"
    assert not built.immutable
    assert built.data.keys() == {"cluster.json"}


def test_the_agents_code(args: MySQLClusterArgs, names: Names) -> None:
    built: Any = config_map.agent(args, names)
    assert base64.b64decode(built.binary_data["agent.zip"]) == agent_bundle.build().content
    assert built.metadata.name == f"orders-agent-{agent_bundle.build().digest}"
