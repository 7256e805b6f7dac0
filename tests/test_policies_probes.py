"""Probes, and what is only advice."""

from __future__ import annotations

from typing import Any

import pytest
from policy_judge import UNKNOWN, accepted, not_judged, refused
from policy_manifests import ABSENT, BACKUP, MYSQLD, POD, STATEFUL_SET, changed, stateful_set

CLAIM = "spec.volumeClaimTemplates.0.spec"
SPREAD = "spec.template.spec.affinity"


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
    file = {"kind": "ConfigMap", "metadata": {"name": "cnf"}, "data": {"app.properties": f"x=1\n{name}={value}\n"}}
    for manifest in (env, file):
        accepted(HOSTS, manifest) if good else refused(HOSTS, manifest, "must be a host name, got 1")
    arguments = stateful_set(**{f"{MYSQLD}.args": [f"--{name.lower().replace('_', '-')}={value}"]})
    accepted(HOSTS, arguments) if good else refused(HOSTS, arguments, "args of container 'mysqld'")
