from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi_kubernetes.core.v1 import ServiceInitArgs

from mysql_k8s import MySQLClusterArgs, labels
from mysql_k8s.names import Names
from mysql_k8s.objects import services

Builder = Callable[[MySQLClusterArgs, Names], ServiceInitArgs]


@pytest.mark.parametrize(
    ("build", "name", "role"),
    [
        (services.primary, "orders-primary", {"mysql-k8s/role": "primary"}),
        (services.replicas, "orders-replicas", {"mysql-k8s/replica": "true"}),
        (services.read, "orders-read", {}),
    ],
)
def test_services_for_clients(
    build: Builder, name: str, role: dict[str, str], args: MySQLClusterArgs, names: Names
) -> None:
    service: Any = build(args, names)
    assert (service.metadata.name, service.metadata.namespace) == (name, "shop")
    assert service.spec.selector == {**labels.selector(names), **role}
    assert service.spec.type == "ClusterIP"
    assert service.spec.publish_not_ready_addresses is None, "a member that is not ready serves nobody"
    assert [(port.name, port.port, port.app_protocol) for port in service.spec.ports] == [("mysql", 3306, "mysql")]


def test_members_find_each_other_before_they_are_ready(args: MySQLClusterArgs, names: Names) -> None:
    service: Any = services.headless(args, names)
    assert service.metadata.name == "orders"
    assert service.spec.cluster_ip == "None"
    assert service.spec.publish_not_ready_addresses is True
    assert service.spec.selector == labels.selector(names)
    assert [port.port for port in service.spec.ports] == [3306, 8443]


@pytest.mark.parametrize("build", [services.headless, services.primary, services.replicas, services.read])
def test_pulumi_does_not_wait_for_a_service(build: Builder, names: Names) -> None:
    service: Any = build(MySQLClusterArgs(annotations={"example.com/owner": "shop"}), names)
    assert service.metadata.annotations == {"example.com/owner": "shop", "pulumi.com/skipAwait": "true"}
