"""Who may connect to the members, and where they may connect to. All else is refused."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.networking.v1 import (
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyInitArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from .. import labels
from ..args import MySQLClusterArgs
from ..names import AGENT_PORT, PORT, Names
from .metadata import object_meta

_NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that Kubernetes itself keeps on every namespace."""

_GALERA_PORTS = (4444, 4567, 4568)
"""Between members: all data, the cluster itself, missed transactions (Galera documentation, "Firewall Settings")."""

_SAME_NAMESPACE = NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs())


def network_policy(args: MySQLClusterArgs, names: Names) -> NetworkPolicyInitArgs:
    """Probes need no rule: a kubelet always reaches the pods of its own node."""
    members = NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs(match_labels=labels.selector(names)))
    between = [tcp(port) for port in _GALERA_PORTS] if args.topology.kind == "galera" else []
    monitors = namespaces(args.network.monitoring_namespaces)
    agents = [members, *monitors, *_base_backups(args, names)]
    return NetworkPolicyInitArgs(
        metadata=object_meta(args, names, names.network_policy),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(match_labels=labels.selector(names)),
            policy_types=["Ingress", "Egress"],
            ingress=[
                NetworkPolicyIngressRuleArgs(from_=clients(args), ports=[tcp(PORT)]),
                *([NetworkPolicyIngressRuleArgs(from_=[members], ports=between)] if between else []),
                NetworkPolicyIngressRuleArgs(from_=agents, ports=[tcp(AGENT_PORT)]),
            ],
            egress=[
                NetworkPolicyEgressRuleArgs(to=[members], ports=[tcp(PORT), tcp(AGENT_PORT), *between]),
                # Anywhere: DNS may be a node's own cache, and the API server's address is known to nobody beforehand.
                NetworkPolicyEgressRuleArgs(ports=[udp(53), tcp(53)]),
                NetworkPolicyEgressRuleArgs(ports=[tcp(443), tcp(6443)]),
            ],
        ),
    )


def _base_backups(args: MySQLClusterArgs, names: Names) -> list[NetworkPolicyPeerArgs]:
    """MariaDB's data is streamed by the agents, to backups as to new members: whoever asks shows a certificate."""
    if not args.backup or args.engine.kind != "mariadb":
        return []
    pods = {**labels.backup_selector(names), "app.kubernetes.io/component": "base"}
    return [NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs(match_labels=pods))]


def clients(args: MySQLClusterArgs) -> list[NetworkPolicyPeerArgs]:
    """Whose pods may connect to MySQL."""
    return [_SAME_NAMESPACE, *namespaces(args.network.client_namespaces)]


def namespaces(namespaces: Sequence[str]) -> list[NetworkPolicyPeerArgs]:
    return [
        NetworkPolicyPeerArgs(namespace_selector=LabelSelectorArgs(match_labels={_NAMESPACE_NAME: namespace}))
        for namespace in namespaces
    ]


def tcp(port: int) -> NetworkPolicyPortArgs:
    return NetworkPolicyPortArgs(port=port, protocol="TCP")


def udp(port: int) -> NetworkPolicyPortArgs:
    return NetworkPolicyPortArgs(port=port, protocol="UDP")
