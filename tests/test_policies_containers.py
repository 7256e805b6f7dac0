"""Images, resources, and the memory that a server needs."""

from __future__ import annotations

from typing import Any

import pytest
from policy_judge import UNKNOWN, accepted, judge, not_judged, refused
from policy_manifests import ABSENT, BACKUP, DIGEST, MYSQLD, POD, STATEFUL_SET, changed, stateful_set

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
