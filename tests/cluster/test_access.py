"""Who gets where: roles and Services, reads and writes, TLS and passwords."""

from __future__ import annotations

import time

import pymysql
import pytest
from pymysql.constants import ER

from .support.clients import Endpoint
from .support.deployment import Deployment
from .support.kube import role_of
from .support.waiting import wait_until

VISIBLE_SECONDS = 2


def test_a_write_on_the_primary_is_on_every_replica_within_two_seconds(cluster: Deployment) -> None:
    table = cluster.make_table()
    replicas = [cluster.member(ordinal) for ordinal in cluster.replicas]
    primary = cluster.service("primary")
    for value in range(5):
        primary.rows(f"INSERT INTO {table} (value) VALUES (%s)", value)
        began = time.monotonic()
        for replica in replicas:
            wait_for_row(replica, f"SELECT value FROM {table} WHERE value = {value}")
        assert time.monotonic() - began < VISIBLE_SECONDS


def wait_for_row(member: Endpoint, select: str) -> None:
    wait_until(f"a row on {member.host}", lambda: bool(member.rows(select)), VISIBLE_SECONDS, every=0.02)


def test_the_services_lead_to_the_right_members(cluster: Deployment) -> None:
    roles = {pod["metadata"]["name"]: role_of(pod) for pod in cluster.kube.pods()}
    assert roles == {"orders-0": "primary", "orders-1": "replica", "orders-2": "replica"}
    assert cluster.kube.endpoints("orders-primary") == ["orders-0"]
    assert cluster.kube.endpoints("orders-replicas") == ["orders-1", "orders-2"]
    assert cluster.kube.endpoints("orders-read") == ["orders-0", "orders-1", "orders-2"]
    assert cluster.service("primary").rows("SELECT @@read_only AS r, @@server_id AS id") == [{"r": 0, "id": 100}]
    asked = {cluster.service("replicas").rows("SELECT @@server_id AS id")[0]["id"] for _ in range(30)}
    assert asked == {101, 102}


@pytest.mark.parametrize("user", ["app", "admin"])
def test_a_replica_refuses_writes(cluster: Deployment, user: str) -> None:
    table = cluster.make_table()
    endpoints = [cluster.service("replicas", user), *(cluster.member(ordinal, user) for ordinal in cluster.replicas)]
    for endpoint in endpoints:
        wait_for_row(endpoint, f"SHOW TABLES FROM app LIKE '{table}'")
        with pytest.raises(pymysql.OperationalError) as refused:
            endpoint.rows(f"INSERT INTO app.{table} (value) VALUES (1)")
        assert refused.value.args[0] == ER.OPTION_PREVENTS_STATEMENT
    assert cluster.service("primary").rows(f"SELECT * FROM {table}") == []


@pytest.mark.parametrize("statement", ["SET GLOBAL super_read_only = OFF", "STOP REPLICA", "SET sql_log_bin = 0"])
def test_no_remote_account_can_make_a_replica_writable(cluster: Deployment, statement: str) -> None:
    with pytest.raises(pymysql.OperationalError) as refused:
        cluster.member(1, "admin").rows(statement)
    assert refused.value.args[0] == ER.SPECIFIC_ACCESS_DENIED_ERROR


def test_every_connection_is_encrypted_and_plain_text_is_refused(cluster: Deployment) -> None:
    for endpoint in (cluster.service("primary"), cluster.service("replicas"), cluster.member(2, "admin")):
        assert endpoint.rows("SHOW STATUS LIKE 'Ssl_cipher'")[0]["Value"]
        with pytest.raises(pymysql.OperationalError):
            pymysql.connect(
                host=endpoint.address, user=endpoint.user, password=endpoint.password, ssl_disabled=True,
                connect_timeout=2,
            )  # fmt: skip
    channels = cluster.rows(1, "SHOW REPLICA STATUS")
    assert [channel["Source_SSL_Allowed"] for channel in channels] == ["Yes"]
    assert [channel["Source_SSL_Verify_Server_Cert"] for channel in channels] == ["Yes"]
    connected = "SELECT COUNT(*) AS many FROM performance_schema.threads WHERE CONNECTION_TYPE = 'TCP/IP'"
    assert cluster.rows(0, connected)[0]["many"] == 0


@pytest.mark.parametrize("password", ["", "root", "password"])
def test_root_cannot_log_in_over_the_network(cluster: Deployment, password: str) -> None:
    for ordinal in cluster.ordinals:
        member = cluster.member(ordinal)
        with pytest.raises(pymysql.OperationalError) as refused:
            pymysql.connect(host=member.address, user="root", password=password, connect_timeout=2)
        assert refused.value.args[0] in (ER.ACCESS_DENIED_ERROR, ER.HOST_NOT_PRIVILEGED)


def test_no_account_has_an_empty_password(cluster: Deployment) -> None:
    open_accounts = (
        "SELECT user, host, plugin FROM mysql.user"
        " WHERE authentication_string = '' AND account_locked = 'N' AND plugin <> 'auth_socket'"
    )
    for ordinal in cluster.ordinals:
        assert not cluster.rows(ordinal, open_accounts)
