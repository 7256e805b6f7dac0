"""What counts as a database: a server whose members hold data and agree by majority, or one server alone.

Told by the image of a main container, or, where no image tells, by the labels that Kubernetes recommends.
"""

from __future__ import annotations

import re
from typing import Any

from .images import parse
from .pods import Container, Pod
from .rule import Config, NotKnown
from .values import UNKNOWN, mappings

ENGINES = {
    "mysql", "mariadb", "percona", "galera", "innodb", "innodbcluster", "postgres", "postgresql", "postgis", "pgvector",
    "timescaledb", "spilo", "mongo", "mongodb", "etcd", "cockroach", "cockroachdb", "mssql",
}  # fmt: skip
COMPANIONS = {
    "exporter", "operator", "router", "proxy", "haproxy", "backup", "xtrabackup", "restore", "shell", "client", "cli",
    "init", "sidecar", "agent", "toolkit", "tools", "utils", "monitor", "monitoring", "express", "admin", "adminer",
    "controller", "metrics", "bouncer", "pgbouncer", "pgpool", "pmm", "logical", "dump", "mysqldump", "migrate",
    "migration", "migrations", "ui", "web", "browser", "bench", "benchmark", "test", "wal", "barman", "connector",
}  # fmt: skip
"""Programs that go with a database and hold none of its data."""

MYSQL_LIKE = {"mysql", "mariadb", "percona", "galera"}
NAME_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "name")
COMPONENT_LABEL = "app.kubernetes.io/component"
SERVERS = {"StatefulSet", "Deployment", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"}
"""Kinds that serve; Jobs with a database's image are clients of it."""

SCHEMA: dict[str, dict[str, Any]] = {
    "databases": {
        "type": "array",
        "items": {"type": "string"},
        "description": "further images that are databases: the last part of the repository, such as acme-sql",
    },
    "notDatabases": {
        "type": "array",
        "items": {"type": "string"},
        "description": "images that are none although they are called like one",
    },
}


def engine_of(container: Container, config: Config) -> str | None:
    """The database in a container, such as ``mysql``; nothing if its image is none."""
    reference = container.body.get("image")
    if not isinstance(reference, str):
        return None
    *parents, last = [part.lower() for part in parse(reference).path]
    if last in (config.get("notDatabases") or ()):
        return None
    if last in (config.get("databases") or ()):
        return last
    words = re.split(r"[-_.]", last)
    if not COMPANIONS.isdisjoint(words):
        return None
    if re.sub(r"\d+$", "", words[0]) in ENGINES:
        return re.sub(r"\d+$", "", words[0])
    # container-registry.oracle.com/mysql/community-server
    editions = ("server", "community-server", "enterprise-server")
    return parents[-1] if last in editions and parents and parents[-1] in ENGINES else None


def database_containers(pod: Pod, config: Config) -> list[Container]:
    """The containers of a pod that are database servers."""
    if pod.owner.kind not in SERVERS:
        return []
    by_image = [each for each in pod.containers if engine_of(each, config)]
    if by_image or not _labelled(pod):
        return by_image
    candidates = [each for each in pod.containers if not _companion(each)]
    claims = {each.get("name") for each in _claim_templates(pod)}
    with_data = [
        each for each in candidates if any(m.get("name") in claims for m in mappings(each.body.get("volumeMounts")))
    ]
    return with_data or candidates[:1]


def is_database(pod: Pod, config: Config) -> bool:
    return bool(database_containers(pod, config))


def mysql_like(container: Container, config: Config) -> bool:
    return engine_of(container, config) in MYSQL_LIKE


def undecided(pod: Pod) -> list[NotKnown]:
    """Images not known yet, that may turn out to be databases."""
    if pod.owner.kind not in SERVERS:
        return []
    images = [each for each in pod.containers if each.body.get("image") is UNKNOWN]
    return [NotKnown(f"image of {each.title} in {pod.owner.title}") for each in images]


def _labelled(pod: Pod) -> bool:
    """Stateful sets only: a web server may well carry the label of the database that it belongs to."""
    if pod.owner.kind != "StatefulSet":
        return False
    named = {str(pod.labels.get(label) or "").lower() for label in NAME_LABELS}
    component = str(pod.labels.get(COMPONENT_LABEL) or "").lower()
    return component in ("database", "db") or not ENGINES.isdisjoint(named)


def _companion(container: Container) -> bool:
    reference = container.body.get("image")
    if not isinstance(reference, str):
        return False
    return not COMPANIONS.isdisjoint(re.split(r"[-_.]", parse(reference).path[-1].lower()))


def _claim_templates(pod: Pod) -> list[dict[str, Any]]:
    return mappings(dict(pod.owner.body.get("spec") or {}).get("volumeClaimTemplates"))
