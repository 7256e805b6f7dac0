"""Each rule on a manifest that it accepts, on ones that it refuses, and on ones that are not wholly known."""

from __future__ import annotations

from typing import Any

import pytest
from policy_judge import BY_NAME, UNKNOWN, judge, judge_types, load
from policy_manifests import (
    ABSENT,
    BACKUP,
    BUDGET,
    DIGEST,
    MYSQLD,
    NETWORK_POLICY,
    POD,
    SERVICE,
    STACK,
    STATEFUL_SET,
    changed,
    stateful_set,
)

RULES = [name for name in BY_NAME if not name.startswith("data-not-")]
CLAIM = "spec.volumeClaimTemplates.0.spec"
SPREAD = "spec.template.spec.affinity"


def refused(name: str, manifests: Any, *parts: str, **options: Any) -> None:
    verdict = judge(name, manifests, **options)
    assert verdict.violations, f"{name} has nothing against it"
    assert verdict.note == ""
    for part in parts:
        assert any(part in message for message in verdict.violations), verdict.violations


def accepted(name: str, manifests: Any, **options: Any) -> None:
    verdict = judge(name, manifests, **options)
    assert verdict.violations == []
    assert verdict.note == ""


def not_judged(name: str, manifests: Any, part: str, **options: Any) -> None:
    verdict = judge(name, manifests, **options)
    assert verdict.violations == []
    assert part in verdict.note


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_good_stack_passes(name: str, stack: str) -> None:
    accepted(name, STACK, stack=stack)


@pytest.mark.parametrize("name", RULES)
def test_what_is_no_kubernetes_object_is_left_alone(name: str) -> None:
    odd = {"metadata": {"name": "x"}, "password": "hunter2", "spec": {"replicas": 2}}
    kinds = [
        "pulumi:pulumi:Stack",
        "aws:rds/instance:Instance",
        "pulumi:providers:kubernetes",
        "mysql-k8s:index:MySQLCluster",
    ]
    assert judge_types(name, [(kind, odd) for kind in kinds]).violations == []


@pytest.mark.parametrize("name", RULES)
def test_an_empty_object_is_judged_without_a_fall(name: str) -> None:
    kinds = [
        "apps/v1:StatefulSet",
        "core/v1:Pod",
        "batch/v1:CronJob",
        "core/v1:ConfigMap",
        "policy/v1:PodDisruptionBudget",
    ]
    for props in ({}, {"metadata": None, "spec": None}, {"metadata": UNKNOWN, "spec": UNKNOWN, "data": UNKNOWN}):
        judge_types(name, [(f"kubernetes:{kind}", props) for kind in kinds])


# --- odd replicas ---------------------------------------------------------------------------------------------------

ODD = "stateful-set-odd-replicas"


@pytest.mark.parametrize("replicas", [2, 4, 100, 0])
def test_even_replicas_of_a_database(replicas: int) -> None:
    refused(ODD, stateful_set(**{"spec.replicas": replicas}), "StatefulSet 'shop/orders'", f"got {replicas}.")


@pytest.mark.parametrize("replicas", [1, 3, 5, ABSENT])
def test_odd_replicas(replicas: Any) -> None:
    accepted(ODD, stateful_set(**{"spec.replicas": replicas}))


@pytest.mark.parametrize(
    "image",
    [
        "mysql",
        "mysql:9",
        "bitnami/mysql:8",
        "localhost:5000/mariadb:11",
        "percona/percona-xtradb-cluster:8.0",
        "mysql/mysql-server",
        "container-registry.oracle.com/mysql/community-server:9",
        "postgres:17",
        "quay.io/coreos/etcd:v3",
        "mongo:8",
        "ghcr.io/cloudnative-pg/postgresql:17",
        "registry.k8s.io/etcd:3.6",
        "bitnami/mariadb-galera:11",
        "mongodb/mongodb-community-server",
    ],
)
def test_images_of_databases(image: str) -> None:
    refused(ODD, stateful_set(**{"spec.replicas": 2, f"{MYSQLD}.image": image}))


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1.29",
        "redis:8",
        "apache/kafka:4",
        "prom/mysqld-exporter:v0.15",
        "mysql/mysql-router:9",
        "bitnami/postgres-exporter",
        "percona/percona-xtradb-cluster-operator:1",
        "phpmyadmin:5",
        "proxysql/proxysql:3",
        "elasticsearch:9",
        "mongo-express:1",
    ],
)
def test_images_that_are_none(image: str) -> None:
    accepted(ODD, stateful_set(**{"spec.replicas": 2, f"{MYSQLD}.image": image}))


def test_a_database_by_its_label_where_the_image_does_not_tell() -> None:
    labelled = {
        "spec.replicas": 2,
        f"{MYSQLD}.image": "acme/store:1",
        "spec.template.metadata.labels": {"app": "mysql"},
    }
    refused(ODD, stateful_set(**labelled))
    accepted(ODD, stateful_set(**labelled | {"spec.template.metadata.labels": {"app": "web"}}))


def test_the_scope_is_configurable() -> None:
    even = stateful_set(**{"spec.replicas": 2})
    for name in ("orders", "shop/orders", "StatefulSet/orders"):
        accepted(ODD, even, config={"exceptions": [name]})
    refused(ODD, even, config={"exceptions": ["other"]})
    accepted(ODD, even, config={"notDatabases": ["mysql"]})
    store = stateful_set(**{"spec.replicas": 2, f"{MYSQLD}.image": "acme/store:1"})
    refused(ODD, store, config={"databases": ["store"]})


def test_replicas_not_known_yet() -> None:
    not_judged(ODD, stateful_set(**{"spec.replicas": UNKNOWN}), "spec.replicas of StatefulSet 'shop/orders'")
    not_judged(ODD, stateful_set(**{"spec.replicas": 2, f"{MYSQLD}.image": UNKNOWN}), "image of container 'mysqld'")
    accepted(ODD, stateful_set(**{"spec.replicas": 3, f"{MYSQLD}.image": UNKNOWN}))


def test_lists_and_patches_are_judged_too() -> None:
    even = stateful_set(**{"spec.replicas": 2})
    refused(ODD, {"kind": "StatefulSetList", "items": [even]}, "'shop/orders'")
    refused(ODD, {"kind": "StatefulSetPatch", "metadata": {"name": "mysql"}, "spec": {"replicas": 4}})
    accepted(ODD, {"kind": "StatefulSetPatch", "metadata": {"name": "web"}, "spec": {"replicas": 4}})


# --- access modes ---------------------------------------------------------------------------------------------------

MODES = "claim-one-writer"


@pytest.mark.parametrize("modes", [["ReadWriteMany"], ["ReadOnlyMany"], ["ReadWriteOnce", "ReadWriteMany"], [], ABSENT])
def test_claims_that_more_than_one_may_write(modes: Any) -> None:
    refused(
        MODES, stateful_set(**{f"{CLAIM}.accessModes": modes}), "claim template 'data' of StatefulSet 'shop/orders'"
    )
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "files"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    refused(MODES, changed(claim, {"spec.accessModes": modes}), "PersistentVolumeClaim 'default/files'")


@pytest.mark.parametrize("modes", [["ReadWriteOnce"], ["ReadWriteOncePod"]])
def test_claims_of_one_writer(modes: Any) -> None:
    accepted(MODES, stateful_set(**{f"{CLAIM}.accessModes": modes}))


def test_further_places_of_claims() -> None:
    shared = {"name": "x", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteMany"]}}}}
    refused(MODES, stateful_set(**{f"{POD}.volumes": [shared]}), "ephemeral volume 'x'")
    second = [*STATEFUL_SET["spec"]["volumeClaimTemplates"], {"metadata": {"name": "logs"}, "spec": {}}]
    refused(MODES, stateful_set(**{"spec.volumeClaimTemplates": second}), "claim template 'logs'")
    files = {"kind": "PersistentVolumeClaim", "metadata": {"name": "files"}, "spec": {"accessModes": ["ReadWriteMany"]}}
    accepted(MODES, files, config={"exceptions": ["default/files"]})
    accepted(MODES, {"kind": "PersistentVolumeClaimPatch", "metadata": {"name": "files"}, "spec": {}})


def test_modes_not_known_yet() -> None:
    not_judged(MODES, stateful_set(**{f"{CLAIM}.accessModes": UNKNOWN}), "accessModes of claim template 'data'")
    mixed = judge(MODES, stateful_set(**{f"{CLAIM}.accessModes": [UNKNOWN, "ReadWriteMany"]}))
    assert mixed.violations and mixed.note


# --- images ---------------------------------------------------------------------------------------------------------

IMAGES = "images-pinned"


@pytest.mark.parametrize(
    "image", ["mysql", "mysql:latest", "localhost:5000/mysql", "a.b/c/mysql:LATEST", "mysql@sha256:12", ""]
)
@pytest.mark.parametrize("place", [MYSQLD, f"{POD}.initContainers.0", f"{POD}.ephemeralContainers"])
def test_images_that_are_not_pinned(image: str, place: str) -> None:
    where = (
        {place: [{"name": "debug", "image": image}]}
        if place.endswith("ephemeralContainers")
        else {f"{place}.image": image}
    )
    refused(IMAGES, stateful_set(**where), "StatefulSet 'shop/orders'")


@pytest.mark.parametrize(
    "image", ["mysql:9.7", "localhost:5000/mysql:9.7", f"mysql@{DIGEST}", f"mysql:latest@{DIGEST}"]
)
def test_images_that_are(image: str) -> None:
    accepted(IMAGES, stateful_set(**{f"{MYSQLD}.image": image}))


def test_production_needs_digests() -> None:
    tagged = stateful_set(**{f"{MYSQLD}.image": "localhost:5000/mysql:9.7"})
    accepted(IMAGES, tagged, stack="staging")
    refused(IMAGES, tagged, "localhost:5000/mysql:9.7@sha256:", stack="prod")
    refused(IMAGES, tagged, stack="live", config={"digestStacks": ["live"]})
    for production in ("production", "eu-prod", "prod.eu"):
        refused(IMAGES, tagged, stack=production)
    for other in ("preprod", "non-prod", "product", "dev"):
        accepted(IMAGES, tagged, stack=other)
    accepted(IMAGES, tagged, stack="prod", config={"digestStacks": ["live"]})
    accepted(IMAGES, stateful_set(**{f"{MYSQLD}.image": f"mysql@{DIGEST}"}), stack="prod")


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet", "ReplicaSet", "Job"])
def test_pod_templates_of_every_kind(kind: str) -> None:
    refused(IMAGES, stateful_set(**{"kind": kind, f"{MYSQLD}.image": "nginx"}), f"{kind} 'shop/orders'")


def test_pods_and_cron_jobs() -> None:
    pod = {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    refused(IMAGES, pod, "container 'c' of Pod 'default/p'")
    job = "spec.jobTemplate.spec.template.spec.containers.0.image"
    refused(IMAGES, changed(BACKUP, {job: "mysql"}), "CronJob")


def test_images_not_known_yet() -> None:
    not_judged(IMAGES, stateful_set(**{f"{MYSQLD}.image": UNKNOWN}), "image of container 'mysqld'")
    not_judged(IMAGES, stateful_set(**{f"{POD}.containers": UNKNOWN}), "spec.template.spec.containers")
    both = judge(IMAGES, stateful_set(**{f"{MYSQLD}.image": UNKNOWN, f"{POD}.initContainers.0.image": "x"}))
    assert len(both.violations) == 1 and both.note


# --- resources and memory -------------------------------------------------------------------------------------------

RESOURCES, MEMORY = "pods-resources-set", "mysql-memory-fits"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "resources.requests.cpu, resources.requests.memory, resources.limits.memory"),
        ({"requests": {"cpu": "1", "memory": "1Gi"}}, "set resources.limits.memory."),
        ({"limits": {"memory": "1Gi"}}, "set resources.requests.cpu."),
        ({"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}}, "set resources.requests.cpu."),
    ],
)
def test_resources_that_are_missing(given: Any, missing: str) -> None:
    refused(RESOURCES, stateful_set(**{f"{MYSQLD}.resources": given}), "container 'mysqld'", missing)
    refused(
        RESOURCES, stateful_set(**{f"{POD}.initContainers.0.resources": given}), "init container 'exporter'", missing
    )


def test_a_limit_is_a_request_too_and_so_are_those_of_the_pod() -> None:
    accepted(RESOURCES, stateful_set(**{f"{MYSQLD}.resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}))
    of_pod = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    accepted(RESOURCES, stateful_set(**{f"{MYSQLD}.resources": ABSENT, f"{POD}.resources": of_pod}))
    not_judged(
        RESOURCES, stateful_set(**{f"{MYSQLD}.resources": UNKNOWN}), "resources.requests.cpu of container 'mysqld'"
    )


def config_map(text: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": "cnf", "namespace": "shop"}, "data": {"my.cnf": text}}


def mounting(**changes: Any) -> dict[str, Any]:
    volumes = [{"name": "cnf", "configMap": {"name": "cnf"}}]
    mounts = [{"name": "data", "mountPath": "/d"}, {"name": "cnf", "mountPath": "/etc/mysql/conf.d"}]
    return stateful_set(
        **{f"{POD}.volumes": volumes, f"{MYSQLD}.volumeMounts": mounts, f"{MYSQLD}.args": [], **changes}
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--innodb-buffer-pool-size=2G"],
        ["--innodb_buffer_pool_size", "2147483648"],
        ["--max-connections=2000"],
        ["sh", "-c", "exec mysqld --innodb-buffer-pool-size=1900M"],
        ["--innodb-buffer-pool-size=1G", "--sort-buffer-size=8M"],
    ],
)
def test_memory_that_does_not_fit(arguments: list[str]) -> None:
    refused(MEMORY, [stateful_set(**{f"{MYSQLD}.args": arguments})], "memory limit of 2048Mi", "max_connections")


def test_memory_by_the_option_file() -> None:
    refused(
        MEMORY, [mounting(), config_map("[mysqld]\ninnodb_buffer_pool_size=2G\n")], "innodb_buffer_pool_size 2048Mi"
    )
    accepted(MEMORY, [mounting(), config_map("[mysqld]\ninnodb-buffer-pool-size = 1200M\nmax_connections = 200\n")])
    accepted(MEMORY, [mounting(), config_map("[client]\ninnodb_buffer_pool_size=64G\n")])
    elsewhere = changed(config_map("[mysqld]\ninnodb_buffer_pool_size=64G\n"), {"metadata.namespace": "other"})
    accepted(MEMORY, [mounting(), elsewhere])
    stronger = mounting(**{f"{MYSQLD}.args": ["--innodb-buffer-pool-size=1G"]})
    accepted(MEMORY, [stronger, config_map("[mysqld]\ninnodb_buffer_pool_size=64G\n")])


def test_memory_with_a_reserve_and_without_settings() -> None:
    refused(MEMORY, [STATEFUL_SET], config={"reserveMib": 1024})
    accepted(MEMORY, [stateful_set(**{f"{MYSQLD}.args": ABSENT, f"{MYSQLD}.resources.limits.memory": "256Mi"})])
    postgres = {f"{MYSQLD}.image": "postgres:17", f"{MYSQLD}.args": ["--innodb-buffer-pool-size=64G"]}
    accepted(MEMORY, [stateful_set(**postgres)])


def test_memory_not_known_yet() -> None:
    not_judged(MEMORY, [stateful_set(**{f"{MYSQLD}.resources.limits.memory": UNKNOWN})], "resources.limits.memory")
    not_judged(MEMORY, [mounting(), changed(config_map(""), {"data": UNKNOWN})], "data of ConfigMap 'shop/cnf'")


# --- disruption budgets and network policies ------------------------------------------------------------------------

PDB, NETWORK = "database-disruption-budget", "database-network-policy"


@pytest.mark.parametrize(
    ("members", "spec", "part"),
    [
        (3, {"maxUnavailable": 2}, "majority of 2"),
        (3, {"maxUnavailable": "50%"}, "majority of 2"),
        (3, {"minAvailable": 1}, "majority of 2"),
        (3, {"minAvailable": "33%"}, "majority of 2"),
        (5, {"maxUnavailable": 3}, "majority of 3"),
        (3, {"maxUnavailable": 0}, "ever be drained"),
        (3, {"maxUnavailable": "0%"}, "ever be drained"),
        (3, {"minAvailable": 3}, "ever be drained"),
        (3, {"minAvailable": "100%"}, "ever be drained"),
        (3, {"minAvailable": "67%"}, "ever be drained"),
        (3, {}, "how many members may go"),
    ],
)
def test_budgets_that_do_not_fit(members: int, spec: dict[str, Any], part: str) -> None:
    budget = changed(BUDGET, {"spec": {**spec, "selector": BUDGET["spec"]["selector"]}})
    refused(PDB, [stateful_set(**{"spec.replicas": members}), budget], "PodDisruptionBudget 'shop/orders'", part)


@pytest.mark.parametrize(
    ("members", "spec"),
    [
        (3, {"maxUnavailable": 1}),
        (3, {"minAvailable": 2}),
        (3, {"maxUnavailable": "33%"}),
        (3, {"minAvailable": "66%"}),
        (5, {"maxUnavailable": 2}),
        (5, {"minAvailable": "60%"}),
        (2, {"maxUnavailable": 1}),
    ],
)
def test_budgets_that_fit(members: int, spec: dict[str, Any]) -> None:
    budget = changed(BUDGET, {"spec": {**spec, "selector": BUDGET["spec"]["selector"]}})
    accepted(PDB, [stateful_set(**{"spec.replicas": members}), budget])


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata.namespace": "other"},
        {"spec.selector": {"matchLabels": {"app": "web"}}},
        {"spec.selector": ABSENT},
        {"spec.selector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["data"]}]}},
    ],
)
def test_budgets_of_others(changes: dict[str, Any]) -> None:
    refused(PDB, [STATEFUL_SET, changed(BUDGET, changes)], "no PodDisruptionBudget selects them")


def test_who_needs_a_budget() -> None:
    refused(PDB, [STATEFUL_SET], "has 3 members", "maxUnavailable: 1")
    refused(PDB, [STATEFUL_SET, BUDGET, changed(BUDGET, {"metadata.name": "second"})], "2 disruption budgets")
    accepted(PDB, [stateful_set(**{"spec.replicas": 1})])
    accepted(PDB, [stateful_set(**{f"{MYSQLD}.image": "nginx:1"})])
    accepted(PDB, [STATEFUL_SET], config={"exceptions": ["StatefulSet/orders"]})
    every = changed(BUDGET, {"spec.selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}})
    accepted(PDB, [STATEFUL_SET, every])


def test_budgets_not_known_yet() -> None:
    not_judged(PDB, [STATEFUL_SET, changed(BUDGET, {"spec.maxUnavailable": UNKNOWN})], "spec of PodDisruptionBudget")
    not_judged(PDB, [STATEFUL_SET, changed(BUDGET, {"spec.selector": UNKNOWN})], "spec.selector of PodDisruptionBudget")
    not_judged(PDB, [stateful_set(**{"spec.replicas": UNKNOWN}), BUDGET], "spec.replicas of StatefulSet")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"metadata.namespace": "other"}, "No NetworkPolicy in namespace shop"),
        ({"spec.podSelector": {"matchLabels": {"app": "web"}}}, "No NetworkPolicy"),
        ({"spec.policyTypes": ["Egress"]}, "No NetworkPolicy"),
        ({"spec.ingress": [{}]}, "lets everybody in"),
    ],
)
def test_network_policies_that_do_not_protect(changes: dict[str, Any], part: str) -> None:
    refused(NETWORK, [STATEFUL_SET, changed(NETWORK_POLICY, changes)], part)


@pytest.mark.parametrize(
    "changes",
    [
        {"spec.podSelector": {}},
        {"spec.policyTypes": ABSENT},
        {"spec.policyTypes": ["Egress", "Ingress"]},
        {"spec.ingress": ABSENT},
        {"spec.podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["orders"]}]}},
    ],
)
def test_network_policies_that_do(changes: dict[str, Any]) -> None:
    accepted(NETWORK, [STATEFUL_SET, changed(NETWORK_POLICY, changes)])


def test_who_needs_a_network_policy() -> None:
    refused(NETWORK, [stateful_set(kind="Deployment")], "Deployment 'shop/orders'")
    accepted(NETWORK, [stateful_set(**{f"{MYSQLD}.image": "nginx:1"}), BACKUP, SERVICE])
    accepted(NETWORK, [STATEFUL_SET], config={"exceptions": ["orders"]})
    not_judged(
        NETWORK, [STATEFUL_SET, changed(NETWORK_POLICY, {"spec.podSelector": UNKNOWN})], "NetworkPolicy 'shop/orders'"
    )


# --- probes ---------------------------------------------------------------------------------------------------------

PROBES, STARTUP = "database-probes-set", "database-startup-budget"


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
@pytest.mark.parametrize("value", [ABSENT, {}, {"periodSeconds": 5}])
def test_probes_that_are_missing(probe: str, value: Any) -> None:
    refused(PROBES, stateful_set(**{f"{MYSQLD}.{probe}": value}), "container 'mysqld'", probe)
    accepted(PROBES, stateful_set(**{f"{MYSQLD}.{probe}": value, f"{MYSQLD}.image": "nginx:1"}))


def test_probes_not_known_yet() -> None:
    not_judged(PROBES, stateful_set(**{f"{MYSQLD}.livenessProbe": UNKNOWN}), "livenessProbe of container 'mysqld'")


@pytest.mark.parametrize(
    ("size", "probe", "fits"),
    [
        ("20Gi", {"periodSeconds": 10, "failureThreshold": 60}, True),
        ("20Gi", {"periodSeconds": 1, "failureThreshold": 60}, False),
        ("500Gi", {"periodSeconds": 10, "failureThreshold": 60}, False),
        ("500Gi", {"periodSeconds": 10, "failureThreshold": 600}, True),
        ("1Gi", {}, False),
        ("1Gi", {"failureThreshold": 6}, True),
        ("1Gi", {"initialDelaySeconds": 30}, True),
    ],
)
def test_the_startup_budget(size: str, probe: dict[str, int], fits: bool) -> None:
    given = stateful_set(
        **{
            f"{CLAIM}.resources.requests.storage": size,
            f"{MYSQLD}.startupProbe": {**probe, "tcpSocket": {"port": 3306}},
        }
    )
    if fits:
        accepted(STARTUP, given)
    else:
        refused(STARTUP, given, "startup probe of container 'mysqld' of StatefulSet 'shop/orders'", f"of {size}")


def test_the_startup_budget_is_configurable() -> None:
    accepted(STARTUP, STATEFUL_SET)
    refused(STARTUP, STATEFUL_SET, "at 10 MiB/s", config={"mibPerSecond": 10})
    accepted(STARTUP, stateful_set(**{f"{CLAIM}.resources.requests.storage": "900Gi"}), config={"mibPerSecond": 2000})
    not_judged(STARTUP, stateful_set(**{f"{CLAIM}.resources.requests.storage": UNKNOWN}), "the size of its claims")
    not_judged(STARTUP, stateful_set(**{f"{MYSQLD}.startupProbe.failureThreshold": UNKNOWN}), "startup probe")


# --- advice ---------------------------------------------------------------------------------------------------------

SPREAD_RULE, BACKUP_RULE, HOSTS = "database-members-spread", "database-backup-configured", "hosts-by-name"


def test_members_that_may_share_a_node() -> None:
    refused(SPREAD_RULE, stateful_set(**{SPREAD: ABSENT}), "has 3 members")
    other = f"{SPREAD}.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.podAffinityTerm.labelSelector"
    refused(SPREAD_RULE, stateful_set(**{other: {"matchLabels": {"app": "web"}}}))
    accepted(SPREAD_RULE, stateful_set(**{SPREAD: ABSENT, "spec.replicas": 1}))
    constraint = {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchLabels": {"tier": "data"}}}
    accepted(SPREAD_RULE, stateful_set(**{SPREAD: ABSENT, f"{POD}.topologySpreadConstraints": [constraint]}))
    not_judged(SPREAD_RULE, stateful_set(**{SPREAD: UNKNOWN}), "affinity of StatefulSet")


def test_backups_of_production() -> None:
    refused(BACKUP_RULE, [STATEFUL_SET], "nothing in the stack backs it up", stack="prod")
    accepted(BACKUP_RULE, [STATEFUL_SET], stack="dev")
    accepted(BACKUP_RULE, [STATEFUL_SET, BACKUP], stack="prod")
    refused(BACKUP_RULE, [STATEFUL_SET, changed(BACKUP, {"metadata.namespace": "other"})], stack="prod")
    velero = stateful_set(**{"spec.template.metadata.annotations": {"backup.velero.io/backup-volumes": "data"}})
    accepted(BACKUP_RULE, [velero], stack="prod")
    refused(BACKUP_RULE, [STATEFUL_SET], stack="live", config={"stacks": ["live"]})


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("DB_HOST", "10.0.0.7", False),
        ("DATABASE_URL", "mysql://app@10.0.0.7:3306/shop", False),
        ("ANY", "mysql://10.0.0.7/shop", False),
        ("MYSQL_PRIMARY", "192.168.1.5:3306", False),
        ("DB_HOST", "orders-primary.shop.svc", True),
        ("DB_HOST", "127.0.0.1", True),
        ("BIND_ADDRESS", "10.0.0.7", True),
        ("SERVER_CIDR", "10.0.0.0/8", True),
        ("HOST", "0.0.0.0", True),
        ("VERSION", "8.0.36.1", True),
    ],
)
def test_hosts_by_address(name: str, value: str, good: bool) -> None:
    env = stateful_set(**{f"{MYSQLD}.env": [{"name": name, "value": value}]})
    file = changed(config_map(""), {"data": {"app.properties": f"x=1\n{name}={value}\n"}})
    for manifest in (env, file):
        accepted(HOSTS, manifest) if good else refused(HOSTS, manifest, "must be a host name, got 1")
    arguments = stateful_set(**{f"{MYSQLD}.args": [f"--{name.lower().replace('_', '-')}={value}"]})
    accepted(HOSTS, arguments) if good else refused(HOSTS, arguments, "args of container 'mysqld'")


def test_the_yaml_of_these_tests_is_read_as_it_stands() -> None:
    assert load("a: UNKNOWN")["a"] == UNKNOWN
