from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s.names import LONGEST_NAME, Names

CLUSTER_NAMES = st.from_regex(rf"[a-z]([-a-z0-9]{{0,{LONGEST_NAME - 2}}}[a-z0-9])?", fullmatch=True)
USERS = st.from_regex(r"[a-z][a-z0-9]{0,15}(_[a-z0-9]{1,15})?", fullmatch=True)
DNS_LABEL = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"


def test_the_names_that_pods_claims_and_clients_depend_on(names: Names) -> None:
    assert names.stateful_set == names.headless_service == "orders"
    assert names.pod(1) == "orders-1"
    assert names.claim(1) == "data-orders-1"
    assert names.pod_host(1) == "orders-1.orders.shop.svc"
    assert names.primary_host == "orders-primary.shop.svc"
    assert names.replicas_host == "orders-replicas.shop.svc"
    assert names.read_host == "orders-read.shop.svc"
    assert names.user_secret("shop_admin") == "orders-user-shop-admin"
    assert (names.internal_secret, names.tls_secret) == ("orders-internal", "orders-tls")
    assert names.cluster_config_map == "orders-cluster"
    assert names.config_map("abc") == "orders-config-abc"
    assert names.agent_config_map("abc") == "orders-agent-abc"


@pytest.mark.parametrize(
    "host",
    [
        "orders-primary",
        "orders-read.shop",
        "orders-replicas.shop.svc",
        "orders-primary.shop.svc.cluster.local",
        "*.orders.shop.svc",
        "*.orders.shop.svc.cluster.local",
        "localhost",
        "127.0.0.1",
    ],
)
def test_the_certificate_covers_every_way_to_say_a_host(names: Names, host: str) -> None:
    assert host in names.certificate_names


@given(CLUSTER_NAMES)
def test_every_allowed_name_makes_names_that_kubernetes_allows(cluster: str) -> None:
    names = Names.of(cluster, "shop")
    services = (names.headless_service, names.primary_service, names.replicas_service, names.read_service)
    assert all(re.fullmatch(DNS_LABEL, each) for each in services)
    assert re.fullmatch(DNS_LABEL, names.pod(99))
    assert len(f"{names.stateful_set}-{'0' * 10}") <= 63, "the label controller-revision-hash"


@given(USERS, USERS)
def test_secrets_of_users_differ_as_their_users_do(one: str, other: str) -> None:
    names = Names.of("orders", "shop")
    same_secret = names.user_secret(one) == names.user_secret(other)
    assert same_secret == (one.replace("_", "-") == other.replace("_", "-"))
