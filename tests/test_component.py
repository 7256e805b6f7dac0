"""The whole tree, registered with a recording engine."""

from __future__ import annotations

import base64
from typing import Any

import pulumi
import pytest
from harness import Deployed, deploy, plain, strings_outside_secrets
from pulumi_kubernetes.core.v1 import ConfigMap
from pydantic import ValidationError

from mysql_k8s import TLS, MySQLCluster, MySQLClusterArgs, Replication, Standalone, User

OUTPUTS = (
    "name",
    "namespace",
    "primary_host",
    "read_host",
    "replicas_host",
    "port",
    "secret_names",
    "admin_secret_name",
    "ca_certificate",
    "plan",
)
GIVEN = "correct horse/battery@staple"


def cluster(args: MySQLClusterArgs | None = None, **options: Any) -> Deployed:
    return deploy(lambda: MySQLCluster("orders", args), **options)


def outputs(args: MySQLClusterArgs | None = None, **options: Any) -> dict[str, Any]:
    """What the component tells its callers."""
    told: dict[str, Any] = {}

    def program() -> None:
        made = MySQLCluster("orders", args)
        for name in OUTPUTS:
            output: pulumi.Output[Any] = getattr(made, name)
            output.apply(lambda value, name=name: told.update({name: value}))

    deploy(program, **options)
    return told


@pytest.fixture(scope="module")
def default() -> Deployed:
    return cluster()


def test_a_name_is_enough(default: Deployed) -> None:
    kinds: dict[str, int] = {}
    for each in default.resources:
        kind = each.typ.rpartition(":")[2]
        kinds[kind] = kinds.get(kind, 0) + 1
    assert kinds == {
        "MySQLCluster": 1,
        "StatefulSet": 1,
        "Service": 4,
        "ConfigMap": 3,
        "Secret": 3,
        "ServiceAccount": 1,
        "Role": 1,
        "RoleBinding": 1,
        "NetworkPolicy": 1,
        "PodDisruptionBudget": 1,
        "GeneratedPassword": 4,
        "CertificateAuthority": 1,
        "ServerCertificate": 1,
        "ClaimTemplate": 1,
        "PersistentVolumeClaimPatch": 3,
    }


def test_every_object_has_its_name_namespace_and_labels(default: Deployed) -> None:
    for each in default.resources:
        if each.typ.startswith("kubernetes:"):
            metadata = plain(each.inputs)["metadata"]
            assert metadata["namespace"] == "default"
            if each.typ.endswith("Patch"):
                continue
            assert metadata["name"].startswith("orders")
            assert metadata["labels"]["app.kubernetes.io/instance"] == "orders"


def test_the_users_labels_and_annotations_are_on_every_object() -> None:
    args = MySQLClusterArgs(labels={"team": "shop"}, annotations={"example.com/owner": "ops"})
    for each in cluster(args).resources:
        if each.typ.startswith("kubernetes:") and not each.typ.endswith("Patch"):
            metadata = plain(each.inputs)["metadata"]
            assert metadata["labels"]["team"] == "shop", each.name
            assert metadata["annotations"]["example.com/owner"] == "ops", each.name


def test_a_standalone_server_has_no_replicas_and_no_budget() -> None:
    deployed = cluster(MySQLClusterArgs(topology=Standalone()))
    assert set(deployed.of("Service")) == {"orders", "orders-primary", "orders-read"}
    assert not deployed.of("PodDisruptionBudget")
    assert deployed.one("StatefulSet")["spec"]["replicas"] == 1


def test_the_pods_mount_what_was_made(default: Deployed) -> None:
    volumes = {each["name"]: each for each in default.one("StatefulSet")["spec"]["template"]["spec"]["volumes"]}
    config_maps = {each["metadata"]["name"] for each in default.of("ConfigMap").values()}
    secrets = {each["metadata"]["name"] for each in default.of("Secret").values()}
    assert {volumes[each]["configMap"]["name"] for each in ("config", "agent", "cluster")} == config_maps
    mounted = {volumes[each]["secret"]["secretName"] for each in ("tls", "passwords")}
    assert mounted == secrets - {"orders-user-app"}, "that one is for applications"


def test_agents_have_every_password_that_they_set(default: Deployed) -> None:
    secrets = default.of("Secret")
    mounted = secrets["orders-internal"]["stringData"]
    assert mounted.keys() == {"replication", "clone", "admin", "user-app"}
    assert mounted["user-app"] == secrets["orders-user-app"]["stringData"]["password"]


def test_an_application_finds_all_it_needs_in_its_secret(default: Deployed) -> None:
    secret = default.of("Secret")["orders-user-app"]["stringData"]
    password = secret["password"]
    assert len(password) == 32
    assert secret.keys() == {"username", "password", "host", "port", "database", "url", "read_url", "ca.crt"}
    assert (secret["username"], secret["database"], secret["port"]) == ("app", "app", "3306")
    assert secret["url"] == f"mysql://app:{password}@orders-primary.default.svc:3306/app"
    assert secret["read_url"] == f"mysql://app:{password}@orders-read.default.svc:3306/app"
    assert secret["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize("password", [GIVEN, "output"])
def test_a_given_password_is_used_and_quoted_in_urls(password: str) -> None:
    def program() -> None:
        given = pulumi.Output.from_input(GIVEN) if password == "output" else GIVEN
        MySQLCluster("orders", MySQLClusterArgs(users=(User(name="app", password=given),)))

    deployed = deploy(program)
    secret = deployed.of("Secret")["orders-user-app"]["stringData"]
    assert secret["password"] == GIVEN
    assert "app:correct%20horse%2Fbattery%40staple@" in secret["url"]
    assert "orders-user-app-password" not in deployed.of("GeneratedPassword")
    assert_nothing_leaks(deployed, [GIVEN, "correct%20horse"])


def test_secrets_stay_secret(default: Deployed) -> None:
    values = [value for secret in default.of("Secret").values() for value in secret["stringData"].values()]
    sensitive = [
        value for value in values if "PRIVATE KEY" in value or len(value) == 32 or value.startswith("mysql://")
    ]
    assert len(sensitive) == 3 + 1 + 4, "internal passwords, the server's key, a user's password twice and in two URLs"
    assert_nothing_leaks(default, sensitive)


def assert_nothing_leaks(deployed: Deployed, sensitive: list[str]) -> None:
    for each in deployed.resources:
        for text in strings_outside_secrets(each.inputs):
            encoded = base64.b64encode(text.encode()).decode()
            assert not [value for value in sensitive if value in text or value in encoded], each.name


def test_the_search_for_leaks_finds_what_is_plain() -> None:
    def program() -> None:
        ConfigMap("leak", data={"file": f"password={GIVEN}"})

    with pytest.raises(AssertionError, match="leak"):
        assert_nothing_leaks(deploy(program), [GIVEN])


def test_the_component_is_the_parent_of_everything() -> None:
    children: list[object] = []

    def program() -> None:
        made = MySQLCluster("orders")
        children.extend(made._childResources)  # pyright: ignore[reportPrivateUsage]

    assert len(deploy(program).resources) == len(children) + 1


def test_pods_start_after_all_that_they_need(default: Deployed) -> None:
    kinds = [each.typ.rpartition(":")[2] for each in default.resources]
    needed = {"Service", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding"}
    last = max(index for index, kind in enumerate(kinds) if kind in needed)
    assert kinds.index("StatefulSet") > last


def test_a_preview_knows_everything_but_secrets() -> None:
    deployed = cluster(preview=True)
    assert deployed.one("StatefulSet")["spec"]["replicas"] == 3
    assert deployed.identities() == cluster().identities()


def test_what_the_component_tells() -> None:
    told = outputs(MySQLClusterArgs(namespace="shop", users=(User(name="app"), User(name="shop_admin"))))
    assert told.pop("ca_certificate").startswith("-----BEGIN CERTIFICATE-----")
    plan = told.pop("plan")
    assert told == {
        "name": "orders",
        "namespace": "shop",
        "primary_host": "orders-primary.shop.svc",
        "read_host": "orders-read.shop.svc",
        "replicas_host": "orders-replicas.shop.svc",
        "port": 3306,
        "secret_names": {"app": "orders-user-app", "shop_admin": "orders-user-shop-admin"},
        "admin_secret_name": "orders-internal",
    }
    assert (plan["members"], plan["majority"], plan["buffer_pool"]) == (3, 2, "1152Mi")
    assert (plan["storage_per_member"], plan["storage_in_total"]) == ("10Gi", "30Gi")


@pytest.mark.parametrize(
    ("topology", "durability", "loss"),
    [
        (Standalone(), "but not the loss of the volume", "no writes and no reads"),
        (Replication(), "what no replica had received is lost", "reads go on from 2 replicas"),
        (Replication(members=5, durability="semi-sync"), "(RPO 0)", "reads go on from 4 replicas"),
    ],
)
def test_the_plan_says_what_a_loss_costs(topology: Standalone | Replication, durability: str, loss: str) -> None:
    told = outputs(MySQLClusterArgs(topology=topology))
    assert durability in told["plan"]["durability"]
    assert loss in told["plan"]["losing_the_primary"]
    assert (told["replicas_host"] is None) == (topology.kind == "standalone")


OWN_TLS = MySQLClusterArgs(namespace="shop", tls=TLS(secret_name="mine"))


def encoded(**files: str) -> dict[str, Any]:
    return {"data": {key.replace("_", "."): base64.b64encode(text.encode()).decode() for key, text in files.items()}}


def test_certificates_of_ones_own() -> None:
    existing = {"shop/mine": encoded(ca_crt="the CA", tls_crt="the certificate", tls_key="the key")}
    deployed = cluster(OWN_TLS, existing=existing)
    assert set(deployed.of("Secret")) == {"orders-internal", "orders-user-app"}
    assert not deployed.of("CertificateAuthority")
    volumes = {each["name"]: each for each in deployed.one("StatefulSet")["spec"]["template"]["spec"]["volumes"]}
    assert volumes["tls"]["secret"]["secretName"] == "mine"
    assert deployed.of("Secret")["orders-user-app"]["stringData"]["ca.crt"] == "the CA"
    assert outputs(OWN_TLS, existing=existing)["ca_certificate"] == "the CA"


@pytest.mark.parametrize("preview", [True, False])
def test_a_missing_secret_is_noticed(preview: bool) -> None:
    with pytest.raises(Exception, match="shop/mine does not exist"):
        cluster(OWN_TLS, preview=preview)


def test_a_secret_without_all_its_keys_is_noticed() -> None:
    with pytest.raises(pulumi.RunError, match=r"tls.secret_name: the Secret lacks ca.crt, tls.key; it needs"):
        cluster(OWN_TLS, existing={"shop/mine": encoded(tls_crt="x")})


def test_a_name_that_kubernetes_would_refuse() -> None:
    with pytest.raises(ValidationError, match="lower-case letters"):
        deploy(lambda: MySQLCluster("Orders"))
