"""What may never change by accident: new names replace objects, and a replaced StatefulSet stops every pod."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest
from harness import Deployed, deploy

from mysql_k8s import MySQLCluster, MySQLClusterArgs, Replication, Resources, Scheduling, Timeouts, User

NAMESPACE = "shop"


@pytest.fixture(scope="module")
def deployed() -> Deployed:
    return deploy(lambda: MySQLCluster("orders", MySQLClusterArgs(namespace=NAMESPACE)))


def test_pulumi_names_are_for_life(deployed: Deployed) -> None:
    found = {(kind, re.sub(r"[0-9a-f]{10}$", "<digest>", name)) for kind, name in deployed.identities()}
    assert found == {
        ("mysql-k8s:index:MySQLCluster", "orders"),
        ("kubernetes:apps/v1:StatefulSet", "orders"),
        ("kubernetes:core/v1:ConfigMap", "orders-agent-<digest>"),
        ("kubernetes:core/v1:ConfigMap", "orders-cluster"),
        ("kubernetes:core/v1:ConfigMap", "orders-config-<digest>"),
        ("kubernetes:core/v1:Secret", "orders-internal"),
        ("kubernetes:core/v1:Secret", "orders-tls"),
        ("kubernetes:core/v1:Secret", "orders-user-app"),
        ("kubernetes:core/v1:Service", "orders"),
        ("kubernetes:core/v1:Service", "orders-primary"),
        ("kubernetes:core/v1:Service", "orders-read"),
        ("kubernetes:core/v1:Service", "orders-replicas"),
        ("kubernetes:core/v1:ServiceAccount", "orders"),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "orders"),
        ("kubernetes:policy/v1:PodDisruptionBudget", "orders"),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", "orders"),
        ("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "orders"),
        *(("kubernetes:core/v1:PersistentVolumeClaimPatch", f"data-orders-{ordinal}") for ordinal in range(3)),
        ("pulumi-python:dynamic/mysql-k8s:CertificateAuthority", "orders-ca"),
        ("pulumi-python:dynamic/mysql-k8s:ClaimTemplate", "orders-claims"),
        ("pulumi-python:dynamic/mysql-k8s:GeneratedPassword", "orders-admin-password"),
        ("pulumi-python:dynamic/mysql-k8s:GeneratedPassword", "orders-clone-password"),
        ("pulumi-python:dynamic/mysql-k8s:GeneratedPassword", "orders-replication-password"),
        ("pulumi-python:dynamic/mysql-k8s:GeneratedPassword", "orders-user-app-password"),
        ("pulumi-python:dynamic/mysql-k8s:ServerCertificate", "orders-certificate"),
    }


def test_the_component_is_the_parent_of_everything_also_below_a_parent() -> None:
    urns: dict[str, str] = {}

    def program() -> None:
        shop = pulumi.ComponentResource("test:index:Shop", "shop")
        cluster = MySQLCluster("orders", opts=pulumi.ResourceOptions(parent=shop))
        cluster.urn.apply(lambda urn: urns.update(cluster=urn))
        cluster.stateful_set.urn.apply(lambda urn: urns.update(stateful_set=urn))

    deploy(program)
    assert "test:index:Shop$mysql-k8s:index:MySQLCluster::orders" in urns["cluster"]
    assert "mysql-k8s:index:MySQLCluster$kubernetes:apps/v1:StatefulSet::orders" in urns["stateful_set"]


def forcing_replacement(deployed: Deployed) -> dict[str, Any]:
    """The fields of a StatefulSet that pulumi-kubernetes replaces it for."""
    spec = deployed.one("StatefulSet")["spec"]
    fields = ("selector", "serviceName", "podManagementPolicy", "revisionHistoryLimit", "volumeClaimTemplates")
    return {field: spec[field] for field in fields}


def test_what_replaces_the_stateful_set_is_for_life(deployed: Deployed) -> None:
    selector = {"app.kubernetes.io/name": "mysql", "app.kubernetes.io/instance": "orders"}
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "labels": selector},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
    }
    found = forcing_replacement(deployed)
    found["volumeClaimTemplates"] = [{**claim, **each} for each in found["volumeClaimTemplates"]]
    assert found == {
        "selector": {"matchLabels": selector},
        "serviceName": "orders",
        "podManagementPolicy": "Parallel",
        "revisionHistoryLimit": 10,
        "volumeClaimTemplates": [claim],
    }


def test_no_everyday_change_replaces_the_stateful_set(deployed: Deployed) -> None:
    changed = MySQLClusterArgs(
        namespace=NAMESPACE,
        topology=Replication(members=5, durability="semi-sync", replica_lag_limit_seconds=5),
        resources=Resources(cpu="2", memory="8Gi"),
        my_cnf={"sort_buffer_size": 524288},
        databases=("app", "audit"),
        users=(User(name="app"), User(name="auditor")),
        labels={"team": "shop"},
        annotations={"example.com/owner": "ops"},
        scheduling=Scheduling(anti_affinity="required"),
        timeouts=Timeouts(stop_seconds=300),
    )
    assert forcing_replacement(deploy(lambda: MySQLCluster("orders", changed))) == forcing_replacement(deployed)


def test_passwords_certificates_users_databases_and_limits_restart_no_pod(deployed: Deployed) -> None:
    changed = MySQLClusterArgs(
        namespace=NAMESPACE,
        topology=Replication(replica_lag_limit_seconds=5),
        databases=("app", "audit"),
        users=(User(name="app", password="another-password"), User(name="auditor", databases=("audit",))),
    )
    after = deploy(lambda: MySQLCluster("orders", changed))
    assert after.one("StatefulSet") == deployed.one("StatefulSet")


def test_more_members_restart_no_pod(deployed: Deployed) -> None:
    larger = MySQLClusterArgs(namespace=NAMESPACE, topology=Replication(members=5))
    after = deploy(lambda: MySQLCluster("orders", larger)).one("StatefulSet")["spec"]
    assert after["replicas"] == 5
    assert after["template"] == deployed.one("StatefulSet")["spec"]["template"]


def test_a_new_password_reaches_its_secrets(deployed: Deployed) -> None:
    changed = MySQLClusterArgs(namespace=NAMESPACE, users=(User(name="app", password="another-password"),))
    after = deploy(lambda: MySQLCluster("orders", changed))
    assert after.of("Secret") != deployed.of("Secret")
