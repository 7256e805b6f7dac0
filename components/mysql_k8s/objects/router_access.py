"""Who may connect to a Router, and where it may connect to."""

from __future__ import annotations

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.networking.v1 import (
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyInitArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicySpecArgs,
)

from .. import labels
from ..args import MySQLClusterArgs
from ..names import PORT, ROUTER_PORT, ROUTER_READ_PORT, Names
from .metadata import object_meta
from .network_policy import clients, tcp, udp


def network_policy(args: MySQLClusterArgs, names: Names) -> NetworkPolicyInitArgs:
    """In: whoever may connect to the members. Out: the members, which admit all of their namespace, and DNS."""
    members = NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs(match_labels=labels.selector(names)))
    return NetworkPolicyInitArgs(
        metadata=object_meta(args, names, names.router),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(match_labels=labels.router_selector(names)),
            policy_types=["Ingress", "Egress"],
            ingress=[
                NetworkPolicyIngressRuleArgs(from_=clients(args), ports=[tcp(ROUTER_PORT), tcp(ROUTER_READ_PORT)])
            ],
            egress=[
                NetworkPolicyEgressRuleArgs(to=[members], ports=[tcp(PORT)]),
                NetworkPolicyEgressRuleArgs(ports=[udp(53), tcp(53)]),
            ],
        ),
    )
