"""Configurations that would lose data, never start, or be ignored in part: refused at preview, with the way out.

Each is a fragment of a stack file, run through the real program. It must end with one message that names the argument
and the value found, and says what to do; where the wish behind it is legitimate, that is the way to have it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from mysql_k8s.render import program
from mysql_k8s.render.configuration import configuration

ROOT = Path(__file__).parent.parent

REPLICATION = "topology: {kind: replication, "

# A fragment of `mysql:cluster`, then what the message must say: the argument with the value, the reason, the way out.
CLUSTERS: list[tuple[str, ...]] = [
    # quorum, durability
    (REPLICATION + "members: 4}", "topology.members = 4", "holds a majority", "use 3 or 5"),
    (REPLICATION + "members: 1}", "topology.members = 1", "majority", "`standalone`"),
    (REPLICATION + "members: 0}", "topology.members = 0", "majority", "use 3"),
    (REPLICATION + "members: '3'}", "topology.members = 3", "must be a whole number", "without quotes"),
    ("topology: {members: 3}", "topology", "which kind it is", "add `kind: standalone`"),
    ("topology: {kind: cluster}", "topology", "not a known kind", "use `kind: standalone`"),
    ("topology: {kind: galera}", "topology.kind = galera", "engine.kind = mysql", "or engine.kind = mariadb"),
    ("topology: {kind: standalone, durability: semi-sync}", "topology.durability", "for this kind", "another `kind`"),
    ("topology: {kind: standalone, members: 3}", "topology.members", "for this kind", "leave it out"),
    (REPLICATION + "durability: sync}", "topology.durability = sync", "not one of the choices", "'semi-sync'"),
    (REPLICATION + "replica_lag_limit_seconds: -1}", "topology.replica_lag_limit_seconds = -1", "too small", "use 1"),
    # storage
    ("storage: {size: 10G i}", "storage.size = 10G i", "not a Kubernetes quantity", "such as 10Gi"),
    ("storage: {size: 10GB}", "storage.size = 10GB", "not a Kubernetes quantity", "such as 10Gi"),
    ("storage: {size: 10}", "storage.size = 10", "must be text", "put it in quotes"),
    ("storage: {size: 100Mi}", "storage.size = 100Mi", "too small", "use 1Gi or more"),
    ("storage: {size: '0'}", "storage.size = 0", "must be more than zero"),
    ("storage: {access_mode: ReadWriteMany}", "storage.access_mode = ReadWriteMany", "choices", "'ReadWriteOncePod'"),
    ("storage: {storage_class: Fast SSD}", "storage.storage_class = Fast SSD", "must be a DNS name"),
    # memory and CPU
    ("resources: {memory: 512Mi}", "resources.memory = 512Mi", "too small", "use 640Mi or more"),
    ("resources: {cpu: '2', cpu_limit: '1'}", "resources.cpu_limit = 1", "below resources.cpu = 2", "no limit"),
    ("agent: {memory_limit: 32Mi, memory: 16Mi}", "agent.memory_limit = 32Mi", "is killed", "use 48Mi or more"),
    ("agent: {memory: 256Mi}", "agent.memory_limit = 128Mi", "below agent.memory = 256Mi"),
    (
        "{resources: {memory: 1Gi}, my_cnf: {innodb_buffer_pool_size: 2G}}",
        "my_cnf.innodb_buffer_pool_size = 2G",
        "does not fit resources.memory = 1Gi",
        "use 512M or less, or raise the memory",
    ),
    (
        "my_cnf: {max_connections: 2000}",
        "my_cnf.max_connections = 2000",
        "mysqld would be killed under load",
        "470 connections or less, raise the memory, or lower innodb_buffer_pool_size",
    ),
    (
        "my_cnf: {loose-sort-buffer-size: 64M}",
        "my_cnf.loose-sort-buffer-size = 64M",
        "200 connections at 65M",
        "raise the memory",
    ),
    ("my_cnf: {max_connections: 5}", "my_cnf.max_connections = 5", "replicas and agents", "use 20 or more"),
    # images
    ("engine: {image: docker.io/library/mysql:latest}", "engine.image = docker.io/library/mysql:latest", "add a tag"),
    ("engine: {image: registry:5000/mysql}", "engine.image = registry:5000/mysql", "cannot go back", "or the digest"),
    ("agent: {image: python}", "agent.image = python", "another version at every start", "or the digest"),
    ("engine: {image: 'docker.io/library/mysql:8.0.36'}", "8.0.36", "engine.version = 9.7.4", "by its digest alone"),
    ("engine: {version: 5.7.44}", "engine.version = 5.7.44", "not a version that this library knows", "use 9.7.x"),
    ("engine: {version: '9.7'}", "engine.version = 9.7", "use 9.7.x"),
    # settings that the design fixes
    ("my_cnf: {gtid_mode: 'OFF'}", "my_cnf.gtid_mode = OFF", "built on GTIDs", "leave it out"),
    ("my_cnf: {sync-binlog: 0}", "my_cnf.sync-binlog = 0", "must survive a crash", "leave it out"),
    ("my_cnf: {innodb_flush_log_at_trx_commit: 2}", "innodb_flush_log_at_trx_commit = 2", "survive a crash"),
    ("my_cnf: {skip-log-bin: 'ON'}", "my_cnf.skip-log-bin = ON", "replicas are fed from it"),
    ("my_cnf: {super_read_only: 'OFF'}", "my_cnf.super_read_only = OFF", "only once its agent"),
    ("my_cnf: {slave_skip_errors: all}", "my_cnf.slave_skip_errors = all", "other data than its primary"),
    ("my_cnf: {binlog_error_action: IGNORE_ERROR}", "binlog_error_action = IGNORE_ERROR", "miss writes"),
    ("my_cnf: {innodb_force_recovery: 4}", "my_cnf.innodb_force_recovery = 4", "one at a time and by hand"),
    ("my_cnf: {innodb_undo_directory: /tmp}", "innodb_undo_directory = /tmp", "lost with the pod"),
    ("my_cnf: {bind_address: 10.0.0.5}", "my_cnf.bind_address = 10.0.0.5", "other pods must reach it"),
    ("my_cnf: {report_host: 10.0.0.5}", "my_cnf.report_host = 10.0.0.5", "its own value when it starts"),
    ("my_cnf: {require_secure_transport: false}", "require_secure_transport = False", "in plain text"),
    ("my_cnf: {log_error: /var/log/mysql.log}", "my_cnf.log_error", "the container's log"),
    # settings with a value that does harm
    ("my_cnf: {binlog_expire_logs_seconds: 0}", "binlog_expire_logs_seconds = 0", "fill the volume", "604800"),
    ("my_cnf: {binlog_expire_logs_seconds: 60}", "binlog_expire_logs_seconds = 60", "catch up", "PURGE BINARY LOGS"),
    ("my_cnf: {binlog_expire_logs_auto_purge: 'OFF'}", "auto_purge = OFF", "for ever", "binlog_expire_logs_seconds"),
    ("my_cnf: {default_storage_engine: MyISAM}", "= MyISAM", "survives no crash", "in the CREATE TABLE"),
    ("my_cnf: {innodb_flush_method: nosync}", "innodb_flush_method = nosync", "a crash needs", "use O_DIRECT"),
    ("my_cnf: {innodb_redo_log_capacity: 8G}", "innodb_redo_log_capacity = 8G", "storage.size = 10Gi", "use 5120M"),
    ("my_cnf: {default_password_lifetime: 90}", "my_cnf.default_password_lifetime", "expire", "ALTER USER"),
    ("my_cnf: {default_time_zone: Europe/Berlin}", "default_time_zone = Europe/Berlin", "not start", "+01:00"),
    ("my_cnf: {query_cache_size: 64M}", "my_cnf.query_cache_size = 64M", "would not start", "leave it out"),
    ("my_cnf: {innodb_log_file_size: 1G}", "innodb_log_file_size = 1G", "would not start", "innodb_redo_log_capacity"),
    ("my_cnf: {expire_logs_days: 7}", "expire_logs_days = 7", "would not start", "binlog_expire_logs_seconds"),
    ("my_cnf: {'[mysqld]': 1}", "my_cnf.'[mysqld]' = 1", "not a setting of mysqld", "use its name alone"),
    ("my_cnf: {max-connections: 100, max_connections: 200}", "max_connections = 200", "the same setting", "keep one"),
    # names
    ("namespace: My Shop", "namespace = My Shop", "must be a DNS label"),
    ("namespace: 10.0.0.1", "namespace = 10.0.0.1", "must be a DNS label"),
    ("databases: [mysql]", "databases.0 = mysql", "MySQL's own", "choose another name"),
    ("users: [root]", "users.0.name = root", "is reserved", "choose another name"),
    ("users: [{name: app, databases: [shop]}]", "users.0.databases = shop", "not among the databases", "add it to"),
    ("users: [{name: app, privileges: [SUPER]}]", "users.0.privileges.0 = SUPER", "not one of the choices"),
    ("users: [a_b, a-b]", "users.1.name = a-b", "the same Secret as user a_b", "choose another name"),
    ("labels: {team: a b}", "labels.team = a b", "is not a label's value", "use up to 63"),
    ("labels: {app.kubernetes.io/name: x}", "labels.app.kubernetes.io/name = x", "library sets", "use another one"),
    (
        "scheduling: {node_selector: {disk type: ssd}}",
        "scheduling.node_selector.disk type = ssd",
        "write [prefix/]name",
    ),
    ("scheduling: {priority_class: High Priority}", "scheduling.priority_class = High Priority", "must be a DNS name"),
    ("scheduling: {tolerations: [{operator: Exists, value: x}]}", "scheduling.tolerations.0", "leave one of them out"),
    ("scheduling: {tolerations: [{value: x}]}", "scheduling.tolerations.0", "has no key", "the operator Exists"),
    (
        "scheduling: {tolerations: [{key: x, toleration_seconds: 5}]}",
        "scheduling.tolerations.0",
        "which only the effect NoExecute takes",
        "leave them out",
    ),
    # times
    ("timeouts: {stop_seconds: 5}", "timeouts.stop_seconds = 5", "too small", "use 30 or more"),
    ("timeouts: {startup_seconds: 10}", "timeouts.startup_seconds = 10", "too small", "use 60 or more"),
    ("tls: {validity_days: 7}", "tls.validity_days = 7", "too small", "use 30 or more"),
    ("tls: {validity_days: 9999}", "tls.validity_days = 9999", "too large", "use 3650 or less"),
    # what nobody would read
    ("storag: {size: 1Ti}", "storag", "there is no such argument", "did you mean storage?"),
    (
        REPLICATION + "replicas: 5}",
        "topology.replicas",
        "there is no such argument",
        "known here: durability, kind, members",
    ),
    (
        "storage: {retain: false}",
        "storage.retain",
        "there is no such argument",
        "known here: access_mode, retain_on_delete",
    ),
    ("network: {client_namespaces: shop}", "network.client_namespaces = shop", "must be a list"),
]

# Whole configurations: what stands beside `mysql:cluster`.
STACKS: list[tuple[str, ...]] = [
    ("mysql:name: Orders", "name = Orders", "must be up to 40 lower-case letters"),
    (f"mysql:name: {'o' * 41}", "name = " + "o" * 41, "Services and pods are named after it"),
    ("mysql:clsuter: {namespace: shop}", "mysql:clsuter", "there is no such key", "did you mean cluster?"),
    ("mysql:password-ap: {secure: AAA=}", "mysql:password-ap", "for a declared user", "did you mean password-app?"),
    ("mysql:password-app: in-plain-text", "mysql:password-app", "plain text", "pulumi config set --secret"),
    (
        "mysql:cluster: {users: [{name: app, password: in-plain-text}]}",
        "users.0.password",
        "plain text",
        "pulumi config set --secret mysql:password-app",
    ),
]


def preview(stack: dict[str, Any]) -> None:
    """As ``pulumi preview`` runs the program, with what the project declares and ``stack`` sets."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    program.run(ROOT, "mysql", "bad", configuration("mysql", declared, stack))


def refusal(stack: dict[str, Any]) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        preview(stack)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, "one message, and no traceback"
    return str(caught.value)


@pytest.mark.parametrize(("fragment", "said"), [(fragment, said) for fragment, *said in CLUSTERS])
def test_a_cluster_is_refused(fragment: str, said: list[str]) -> None:
    title, *problems = refusal({"mysql:cluster": yaml.safe_load(fragment)}).splitlines()
    assert title == "the configuration does not describe a cluster:"
    (problem,) = problems
    for words in said:
        assert words in problem


@pytest.mark.parametrize(("fragment", "said"), [(fragment, said) for fragment, *said in STACKS])
def test_a_stack_is_refused(fragment: str, said: list[str]) -> None:
    message = refusal(yaml.safe_load(fragment))
    (problem,) = message.splitlines()[1:]
    for words in said:
        assert words in problem
    assert "in-plain-text" not in message


@pytest.mark.parametrize(
    "fragment",
    [
        "my_cnf: {max_connections: 2000, innodb_buffer_pool_size: 512M}\nresources: {memory: 8Gi}",
        "my_cnf: {loose_query_cache_size: 0}",
        "my_cnf: {default_time_zone: '+01:00', innodb_redo_log_capacity: 2G, binlog_expire_logs_seconds: 3600}",
        "engine: {image: 'registry:5000/mysql@sha256:" + "0" * 64 + "'}",
        "engine: {image: 'registry:5000/own-server:2024-06'}",
        "engine: {image: 'docker.io/library/mysql:9.7'}",
        "resources: {cpu: '1', cpu_limit: '1'}",
        "scheduling: {tolerations: [{operator: Exists}, {key: x, effect: NoExecute, toleration_seconds: 5}]}",
    ],
)
def test_the_ways_out_are_open(fragment: str) -> None:
    preview({"mysql:cluster": yaml.safe_load(fragment)})
