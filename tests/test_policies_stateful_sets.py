"""Which StatefulSets are a database, how many members they have, and who writes to their claims."""

from __future__ import annotations

from typing import Any

import pytest
from policy_judge import UNKNOWN, accepted, judge, not_judged, refused
from policy_manifests import ABSENT, MYSQLD, POD, STATEFUL_SET, changed, stateful_set

CLAIM = "spec.volumeClaimTemplates.0.spec"


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
