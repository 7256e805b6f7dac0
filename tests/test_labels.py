from __future__ import annotations

from mysql_k8s import MySQLClusterArgs, labels
from mysql_k8s.names import Names


def test_the_selector_is_for_life(names: Names) -> None:
    assert labels.selector(names) == {"app.kubernetes.io/name": "mysql", "app.kubernetes.io/instance": "orders"}


def test_a_role_narrows_the_selector(names: Names) -> None:
    assert labels.primary_selector(names) == {**labels.selector(names), "mysql-k8s/role": "primary"}
    assert labels.replica_selector(names) == {**labels.selector(names), "mysql-k8s/replica": "true"}


def test_metadata_adds_what_may_change(names: Names) -> None:
    found = labels.metadata(MySQLClusterArgs(labels={"example.com/team": "shop"}), names)
    assert found.items() > labels.selector(names).items()
    assert found["example.com/team"] == "shop"
    assert found["app.kubernetes.io/version"] == "9.7.4"


def test_no_object_claims_a_role(names: Names) -> None:
    assert labels.ROLE not in labels.metadata(MySQLClusterArgs(), names)
