"""The Services: one that gives members their names, and three that clients use."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import ServiceInitArgs, ServicePortArgs, ServiceSpecArgs

from .. import labels
from ..args import MySQLClusterArgs
from ..names import AGENT_PORT, PORT, Names
from .metadata import unawaited_meta

_MYSQL = ServicePortArgs(name="mysql", port=PORT, target_port="mysql", protocol="TCP", app_protocol="mysql")
_AGENT = ServicePortArgs(name="agent", port=AGENT_PORT, target_port="agent", protocol="TCP", app_protocol="https")


def headless(args: MySQLClusterArgs, names: Names) -> ServiceInitArgs:
    """``<pod>.<name>.<namespace>.svc``, ready or not: members must find each other before they are ready."""
    return ServiceInitArgs(
        metadata=unawaited_meta(args, names, names.headless_service),
        spec=ServiceSpecArgs(
            cluster_ip="None",
            selector=labels.selector(names),
            publish_not_ready_addresses=True,
            ports=[_MYSQL, _AGENT],
        ),
    )


def primary(args: MySQLClusterArgs, names: Names) -> ServiceInitArgs:
    """Writes, and reads that must see every write."""
    return _for_clients(args, names, names.primary_service, labels.primary_selector(names))


def replicas(args: MySQLClusterArgs, names: Names) -> ServiceInitArgs:
    """Reads that bear a little lag, kept away from the primary."""
    return _for_clients(args, names, names.replicas_service, labels.replica_selector(names))


def read(args: MySQLClusterArgs, names: Names) -> ServiceInitArgs:
    """Reads from any ready member, whatever its role."""
    return _for_clients(args, names, names.read_service, labels.selector(names))


def _for_clients(args: MySQLClusterArgs, names: Names, name: str, selector: dict[str, str]) -> ServiceInitArgs:
    return ServiceInitArgs(
        metadata=unawaited_meta(args, names, name),
        spec=ServiceSpecArgs(type="ClusterIP", selector=selector, session_affinity="None", ports=[_MYSQL]),
    )
