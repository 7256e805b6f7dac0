"""Changes of a running cluster by `pulumi up`, under a write load: what is restarted, and that nothing is lost."""

from __future__ import annotations

import secrets
import time

import pymysql
import pytest
from pymysql.constants import ER

from .support.clients import Endpoint
from .support.deployment import Deployment
from .support.project import STACK
from .support.waiting import NotYet, wait_for

REFRESH_SECONDS = 180
"""A kubelet brings a changed Secret into its pods within a minute or two."""


def test_scaling_out_and_in_and_out_again(cluster: Deployment) -> None:
    first_three = cluster.pod_uids()
    with cluster.load() as load:
        try:
            cluster.scale(5)
            cluster.wait_healthy(level=False)
            added = [cluster.rows(ordinal, "SELECT @@server_uuid AS u")[0]["u"] for ordinal in (3, 4)]
            cluster.scale(3)
            cluster.wait_healthy(level=False)
            assert {"data-orders-3", "data-orders-4"} <= set(cluster.kube.claims())
            load.wait_for_writes(more=100)
            cluster.scale(5)
            cluster.wait_healthy(level=False)
            load.end()
            cluster.wait_healthy()
            cluster.check(load)
            # They are the same servers, caught up, not new ones on new copies.
            assert [cluster.rows(ordinal, "SELECT @@server_uuid AS u")[0]["u"] for ordinal in (3, 4)] == added
        finally:
            cluster.scale(3)
            for ordinal in (3, 4):
                cluster.kube.delete_claim(f"data-orders-{ordinal}")
    assert cluster.pod_uids() == first_three
    cluster.wait_healthy()


def test_a_changed_my_cnf_restarts_the_replicas_first_and_the_primary_last(cluster: Deployment) -> None:
    connections = cluster.rows(0, "SELECT @@max_connections AS n")[0]["n"] + 1
    before = cluster.pod_uids()
    with cluster.load() as load:
        cluster.change(my_cnf={"max_connections": connections})
        cluster.wait_healthy(level=False)
        load.wait_for_writes()
    cluster.wait_healthy()
    cluster.check(load)
    assert not set(before.values()) & set(cluster.pod_uids().values())
    assert cluster.created(2) < cluster.created(1) < cluster.created(0)
    for ordinal in cluster.ordinals:
        assert cluster.rows(ordinal, "SELECT @@max_connections AS n") == [{"n": connections}]


def test_no_change_is_no_diff_and_no_drift(cluster: Deployment) -> None:
    before = cluster.pod_uids()
    for command in (["refresh", "--yes"], ["preview"]):
        done = cluster.project.pulumi(*command, "--expect-no-changes", "--stack", STACK)
        assert done.succeeded, str(done)
    assert cluster.pod_uids() == before


def test_a_changed_password_needs_no_restart(cluster: Deployment) -> None:
    before = cluster.pod_uids()
    old, password = cluster.service("primary"), secrets.token_urlsafe(16)
    cluster.project.set_secret("password-app", password)
    with cluster.load() as load:
        cluster.up()
        new = cluster.service("primary")
        assert new.password == password
        began = time.monotonic()
        wait_for("the new password to work", lambda: must_connect(new), REFRESH_SECONDS)
        print(f"\n  the new password works {time.monotonic() - began:.1f} s after `up`")
        load.wait_for_writes()  # clients that are connected go on
    for endpoint in (old, Endpoint(**{**vars(cluster.service("read")), "password": old.password})):
        wait_for("the old password to be refused", lambda endpoint=endpoint: must_be_refused(endpoint), 10)
    cluster.wait_healthy()
    cluster.check(load)
    assert cluster.pod_uids() == before


def must_connect(endpoint: Endpoint) -> None:
    try:
        endpoint.rows("SELECT 1")
    except (pymysql.MySQLError, OSError) as error:
        raise NotYet(str(error)) from None


def must_be_refused(endpoint: Endpoint) -> None:
    with pytest.raises(pymysql.OperationalError) as refused:
        endpoint.rows("SELECT 1")
    if refused.value.args[0] != ER.ACCESS_DENIED_ERROR:
        raise NotYet(str(refused.value))


def test_destroy_keeps_the_data_for_a_later_up(cluster: Deployment) -> None:
    """Also where the state is lost: the next one has other passwords and another CA."""
    with cluster.load() as load:
        load.wait_for_writes(more=100)
    cluster.wait_healthy()
    claims = {name: claim["metadata"]["uid"] for name, claim in cluster.kube.claims().items()}
    password, authority = cluster.service("primary").password, cluster.ca_certificate()
    down = cluster.project.operate("down")
    assert down.succeeded, str(down)
    assert not cluster.kube.pods()
    assert {name: claim["metadata"]["uid"] for name, claim in cluster.kube.claims().items()} == claims
    assert all(name in down.output for name in claims)
    cluster.project.forget()
    cluster.up()
    cluster.wait_healthy()
    cluster.check(load)
    assert cluster.ca_certificate() != authority
    assert cluster.service("primary", "admin").password != password
