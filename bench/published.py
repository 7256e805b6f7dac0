"""What others publish about losing a primary: quoted, not measured here. Each with where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One figure of one system."""

    system: str
    what: str
    figure: str
    source: str
    kind: str
    """``measured``, ``a user's log``, ``documented``, or ``a test's limit``: how much it says."""


FAILOVERS = (
    Published(
        "Group Replication, DigitalOcean (Percona's operator, 3 nodes)", "pod deleted by force", "2.78 s, mean",
        "DigitalOcean's benchmark, July 2026", "measured",
    ),
    Published(
        "Group Replication, DigitalOcean (Percona's operator, 3 nodes)", "primary frozen", "22.59 s, mean",
        "DigitalOcean's benchmark, July 2026", "measured",
    ),
    Published("Group Replication, KubeDB", "pod killed", "1 to 5 s", "AppsCode, 2026-04-30", "measured"),
    Published("Group Replication, KubeDB", "network partition", "about 20 s", "AppsCode, 2026-04-30", "measured"),
    Published(
        "MariaDB replication with MaxScale, KubeDB", "pod killed", "about 5 s", "AppsCode, 2026-05-19",
        "measured",
    ),
    Published("moco (semi-synchronous)", "switchover", "at least several seconds", "its documentation", "documented"),
    Published("moco (semi-synchronous)", "primary lost", "about 24 s", "moco's thread #300", "a user's log"),
    Published(
        "mariadb-operator (replication)", "node lost", "no failover within 12 minutes",
        "mariadb-operator's thread #1846", "a user's log",
    ),
    Published(
        "mariadb-operator (Galera)", "all pods deleted", "2 min 34 s", "mariadb-operator's docs/galera.md", "documented"
    ),
    Published(
        "Percona XtraDB Cluster (Galera behind HAProxy)", "writer lost", "20 s by default", "release notes of 1.19.0",
        "documented",
    ),
    Published("CloudNativePG (PostgreSQL)", "failover", "at most 10 s", "its end-to-end tests", "a test's limit"),
    Published("CloudNativePG (PostgreSQL)", "switchover", "at most 20 s", "its end-to-end tests", "a test's limit"),
    Published("Amazon RDS Multi-AZ instance", "failover", "60 to 120 s", "AWS's documentation", "documented"),
)  # fmt: skip
"""Faults differ from system to system, and so do machines: an order of magnitude, no comparison in one run."""
