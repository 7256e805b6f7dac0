"""MySQL Router: what its arguments refuse, and the objects that are made of them."""

from __future__ import annotations

import configparser
import json
from functools import partial
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from harness import Deployed, deploy, plain
from policy_judge import BY_NAME, judge_types
from pydantic import ValidationError

from mysql_k8s import GroupReplication, MySQLCluster, MySQLClusterArgs, Network, Router, explain, router_conf
from mysql_k8s.names import Names

GOLDEN = Path(__file__).with_name("golden") / "mysqlrouter.conf"
KINDS = {"ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"}


def deployed(router: Router | None, **arguments: Any) -> Deployed:
    args = MySQLClusterArgs(namespace="shop", topology=GroupReplication(), router=router, **arguments)
    return deploy(lambda: MySQLCluster("orders", args))


@pytest.fixture(scope="module")
def made() -> Deployed:
    return deployed(Router())


def pod(found: Deployed) -> dict[str, Any]:
    return found.one("Deployment")["spec"]["template"]


# --- arguments --------------------------------------------------------------------------------------------------------


def refused(**arguments: Any) -> str:
    with pytest.raises(ValidationError) as error:
        MySQLClusterArgs.model_validate(arguments)
    return explain(error.value)


@pytest.mark.parametrize("topology", ["replication", "group-replication"])
def test_a_router_fits_what_has_a_primary_and_replicas(topology: str) -> None:
    args = MySQLClusterArgs.model_validate({"topology": {"kind": topology}, "router": {}})
    assert args.router == Router(instances=2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"topology": {"kind": "standalone"}, "router": {}},
            "router = ...: has nothing to route with topology.kind = standalone",
        ),
        ({"engine": {"kind": "mariadb"}, "router": {}}, "router = ...: is for engine.kind = mysql"),
        (
            {"engine": {"kind": "mariadb"}, "topology": {"kind": "galera"}, "router": {}},
            "router = ...: is for engine.kind = mysql, whose protocol it speaks; leave it out",
        ),
        ({"router": {"instances": 0}}, "router.instances = 0: is too small; use 1 or more"),
        ({"router": {"max_connections": 65536}}, "router.max_connections = 65536: is too large; use 65535 or less"),
        (
            {"router": {"memory": "64Mi"}},
            "router.memory = 64Mi: is too small for 512 clients (router.max_connections); use 80Mi or more",
        ),
        ({"router": {"max_connections": 5000}}, "router.memory = 128Mi: is too small for 5000 clients"),
        ({"router": {"image": "router"}}, "router.image = router: may be another version at every start"),
        (
            {"router": {"image": "docker.io/mysql/mysql-router:8.0.32"}},
            "router.image = docker.io/mysql/mysql-router:8.0.32: is of a series that this library does not know",
        ),
        ({"router": {"port": 1}}, "router.port: there is no such argument"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(arguments: dict[str, Any], expected: str) -> None:
    assert refused(**arguments).startswith(expected)


# --- configuration ----------------------------------------------------------------------------------------------------


def test_the_configuration_is_the_reviewed_one() -> None:
    assert router_conf.render(Router(), Names.of("orders", "shop")) == GOLDEN.read_text()


def test_writes_and_reads_lead_to_the_services(made: Deployed) -> None:
    (config,) = [each for name, each in made.of("ConfigMap").items() if name.startswith("orders-router-")]
    parsed = configparser.ConfigParser()
    parsed.read_string(config["data"]["mysqlrouter.conf"])
    services = made.of("Service")
    for section, port, service in (
        ("routing:writes", "6446", "orders-primary"),
        ("routing:reads", "6447", "orders-read"),
    ):
        assert parsed[section]["bind_port"] == port
        assert parsed[section]["destinations"] == f"{services[service]['metadata']['name']}:3306"
        assert parsed[section]["client_ssl_mode"] == "PASSTHROUGH"
    assert config["immutable"] is True


def test_another_configuration_rolls_the_pods_and_no_member(made: Deployed) -> None:
    changed = deployed(Router(max_connections=100))
    assert pod(changed)["spec"]["volumes"] != pod(made)["spec"]["volumes"]
    assert pod(changed)["spec"]["containers"][0]["command"][-1].startswith("ulimit -Sn 456 && exec mysqlrouter ")
    assert changed.of("StatefulSet") == made.of("StatefulSet")


# --- objects ----------------------------------------------------------------------------------------------------------


def test_without_one_nothing_of_it_is_there() -> None:
    without = deployed(None)
    assert not without.of("Deployment")
    assert not [name for _, name in without.identities() if "router" in name]
    assert not [key for key in without.of("Secret")["orders-user-app"]["stringData"] if "router" in key]


def test_names_are_for_life(made: Deployed) -> None:
    found = {kind.rpartition(":")[2]: name for kind, name in made.identities() if "router" in name}
    assert set(found) == KINDS
    assert {name for kind, name in found.items() if kind != "ConfigMap"} == {"orders-router"}
    assert made.one("Deployment")["spec"]["selector"]["matchLabels"] == {
        "app.kubernetes.io/name": "mysql-router",
        "app.kubernetes.io/instance": "orders",
    }


def test_the_members_are_the_same_with_a_router(made: Deployed) -> None:
    assert deployed(None).of("StatefulSet") == made.of("StatefulSet")


def test_no_member_is_taken_for_a_router_nor_a_router_for_a_member(made: Deployed) -> None:
    labels = {
        "router": pod(made)["metadata"]["labels"],
        "member": made.one("StatefulSet")["spec"]["template"]["metadata"]["labels"],
    }
    selectors = {
        name: spec["spec"].get("podSelector", spec["spec"].get("selector"))["matchLabels"]
        for kind in ("NetworkPolicy", "PodDisruptionBudget")
        for name, spec in made.of(kind).items()
    }
    selectors |= {name: each["spec"]["selector"] for name, each in made.of("Service").items()}
    for name, selector in selectors.items():
        for who, theirs in labels.items():
            # Roles are labels that only running pods have.
            fits = {key: value for key, value in selector.items() if not key.startswith("mysql-k8s/")}.items()
            assert (fits <= theirs.items()) == ((who == "router") == (name == "orders-router")), (name, who)


def test_the_pod_is_hardened_and_has_nothing_to_steal(made: Deployed) -> None:
    spec = pod(made)["spec"]
    assert spec["securityContext"] == {
        "runAsNonRoot": True, "runAsUser": 999, "runAsGroup": 999, "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    assert spec["automountServiceAccountToken"] is False
    assert made.of("ServiceAccount")["orders-router"]["automountServiceAccountToken"] is False
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "privileged": False,
        "readOnlyRootFilesystem": True, "runAsNonRoot": True,
    }  # fmt: skip
    assert [list(volume) for volume in spec["volumes"]] == [["configMap", "name"]]
    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "128Mi"},
    }  # fmt: skip


def test_a_probe_asks_the_router_alone(made: Deployed) -> None:
    """One of a routing port would end with the primary, and be a broken connection to mysqld every few seconds."""
    (container,) = pod(made)["spec"]["containers"]
    routes = {6446, 6447}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] not in routes
    assert routes < {port["containerPort"] for port in container["ports"]}


def test_the_image_is_the_servers_version(made: Deployed) -> None:
    image = "container-registry.oracle.com/mysql/community-router:9.7.4"
    assert pod(made)["spec"]["containers"][0]["image"] == image
    own = deployed(Router(image="example.com/router:1"))
    assert pod(own)["spec"]["containers"][0]["image"] == "example.com/router:1"


def test_who_may_connect(made: Deployed) -> None:
    policy = deployed(Router(), network=Network(client_namespaces=("web",))).of("NetworkPolicy")["orders-router"]
    (ingress,) = policy["spec"]["ingress"]
    assert [port["port"] for port in ingress["ports"]] == [6446, 6447]
    assert ingress["from"] == [
        {"podSelector": {}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}},
    ]
    members, names = policy["spec"]["egress"]
    assert members["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "mysql"
    assert [port["port"] for port in members["ports"]] == [3306]
    assert [port["port"] for port in names["ports"]] == [53, 53]
    # The members' own policy admits every pod of the namespace to MySQL, and so the Router.
    to_members = made.of("NetworkPolicy")["orders"]["spec"]["ingress"][0]
    assert {"podSelector": {}} in to_members["from"]


@pytest.mark.parametrize(("instances", "budgets"), [(1, {"orders"}), (2, {"orders", "orders-router"})])
def test_a_single_instance_blocks_no_drain(instances: int, budgets: set[str]) -> None:
    assert set(deployed(Router(instances=instances)).of("PodDisruptionBudget")) == budgets


def test_secrets_have_the_one_address(made: Deployed) -> None:
    secret = made.of("Secret")["orders-user-app"]["stringData"]
    assert secret["router_host"] == "orders-router.shop.svc"
    assert (secret["router_port"], secret["router_read_port"]) == ("6446", "6447")
    password = secret["password"]
    assert secret["router_url"] == f"mysql://app:{password}@orders-router.shop.svc:6446/app"
    assert secret["router_read_url"] == f"mysql://app:{password}@orders-router.shop.svc:6447/app"


def test_what_the_component_tells() -> None:
    told: dict[str, Any] = {}

    def program(router: Router | None) -> None:
        cluster = MySQLCluster("orders", MySQLClusterArgs(namespace="shop", router=router))
        for output in ("router_host", "router_port", "router_read_port"):
            getattr(cluster, output).apply(partial(told.__setitem__, output))

    deploy(lambda: program(Router()))
    assert told == {"router_host": "orders-router.shop.svc", "router_port": 6446, "router_read_port": 6447}
    deploy(lambda: program(None))
    assert told == {"router_host": None, "router_port": None, "router_read_port": None}


def test_the_servers_certificate_holds_under_the_routers_name(made: Deployed) -> None:
    assert "orders-router.shop.svc" in made.one("ServerCertificate")["names"]


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.29", "1.31", "1.34", "1.37"])
def test_kubernetes_knows_every_field(version: str, made: Deployed) -> None:
    found = [(each.typ, json.loads(json.dumps(plain(each.inputs)))) for each in made.resources if "router" in each.name]
    assert {kind.rpartition(":")[2] for kind, _ in found} == KINDS
    for _, manifest in found:
        manifest.pop("__provider", None)
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("name", [name for name in BY_NAME if not name.startswith("data-not-")])
def test_the_policies_have_nothing_against_it(name: str, made: Deployed) -> None:
    resources = [(each.typ, plain(each.inputs)) for each in made.resources if each.typ.startswith("kubernetes:")]
    verdict = judge_types(name, resources)
    assert verdict.violations == []
    assert verdict.note == ""
