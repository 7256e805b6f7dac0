"""Labels: the selector's two, which can never change, and the others, which may. Pure."""

from __future__ import annotations

from .args import MySQLClusterArgs
from .names import Names

ROLE = "mysql-k8s/role"
"""Set on pods by the agents: ``primary``, ``replica``, or absent."""


REPLICA = "mysql-k8s/replica"
"""Set beside the role of a replica. A new primary loses it a moment after it has got its role: see the agent."""

TOPOLOGY = "mysql-k8s/topology"
"""On every object of a group: what is known of a primary at ordinal 0 does not hold for it."""


def selector(names: Names) -> dict[str, str]:
    """What finds the cluster's pods. Kubernetes lets nobody change a selector: keep this as it is."""
    return {"app.kubernetes.io/name": "mysql", "app.kubernetes.io/instance": names.cluster}


def primary_selector(names: Names) -> dict[str, str]:
    """What finds the primary."""
    return {**selector(names), ROLE: "primary"}


def replica_selector(names: Names) -> dict[str, str]:
    """What finds each replica."""
    return {**selector(names), REPLICA: "true"}


def metadata(args: MySQLClusterArgs, names: Names) -> dict[str, str]:
    """For every object and pod: the user's labels, the selector's, and those that Kubernetes recommends."""
    group = {TOPOLOGY: args.topology.kind} if args.topology.primary_moves else {}
    return {
        **args.labels,
        **group,
        **selector(names),
        "app.kubernetes.io/component": "database",
        "app.kubernetes.io/part-of": "mysql-k8s",
        "app.kubernetes.io/managed-by": "pulumi",
        "app.kubernetes.io/version": args.engine.version,
    }


def backup_selector(names: Names) -> dict[str, str]:
    """What finds the pod that keeps the archive. No pod of backups is found by ``selector``: none is a member."""
    return {"app.kubernetes.io/name": "mysql-backup", "app.kubernetes.io/instance": names.cluster}


def backup(args: MySQLClusterArgs, names: Names, task: str) -> dict[str, str]:
    """For a pod of backups. ``task``: keeper, base, drill or restore."""
    return {**metadata(args, names), **backup_selector(names), "app.kubernetes.io/component": task}


def router_selector(names: Names) -> dict[str, str]:
    """What finds the Router's pods. None of them is found by ``selector``: none is a member."""
    return {"app.kubernetes.io/name": "mysql-router", "app.kubernetes.io/instance": names.cluster}


def router(args: MySQLClusterArgs, names: Names) -> dict[str, str]:
    """For a pod of the Router."""
    return {**metadata(args, names), **router_selector(names), "app.kubernetes.io/component": "router"}
