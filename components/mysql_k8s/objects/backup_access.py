"""What the pods that back up may do: start a base backup through the API, and connect to members and target."""

from __future__ import annotations

from urllib.parse import urlsplit

from pulumi_kubernetes.core.v1 import ServiceAccountInitArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.networking.v1 import (
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyInitArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)
from pulumi_kubernetes.rbac.v1 import (
    PolicyRuleArgs,
    RoleBindingInitArgs,
    RoleInitArgs,
    RoleRefArgs,
    SubjectArgs,
)

from .. import labels
from ..args import S3, MySQLClusterArgs, Volume
from ..names import AGENT_PORT, PORT, Names
from .metadata import object_meta
from .network_policy import namespaces, tcp, udp


def service_account(args: MySQLClusterArgs, names: Names) -> ServiceAccountInitArgs:
    """Of the keeper; the Jobs ask nothing of the API."""
    return ServiceAccountInitArgs(
        metadata=object_meta(args, names, names.backup), automount_service_account_token=False
    )


def role(args: MySQLClusterArgs, names: Names) -> RoleInitArgs:
    """After a gap the keeper has a base backup taken at once: it makes a Job of its own CronJob."""
    return RoleInitArgs(
        metadata=object_meta(args, names, names.backup),
        rules=[
            PolicyRuleArgs(api_groups=["batch"], resources=["cronjobs"], resource_names=[names.backup], verbs=["get"]),
            PolicyRuleArgs(api_groups=["batch"], resources=["jobs"], verbs=["create"]),
        ],
    )


def binding(args: MySQLClusterArgs, names: Names) -> RoleBindingInitArgs:
    return RoleBindingInitArgs(
        metadata=object_meta(args, names, names.backup),
        role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=names.backup),
        subjects=[SubjectArgs(kind="ServiceAccount", name=names.backup, namespace=names.namespace)],
    )


def network_policy(args: MySQLClusterArgs, names: Names, where: S3 | Volume) -> NetworkPolicyInitArgs:
    """In: metrics. Out: members, DNS, the API server, the S3 server."""
    members = NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs(match_labels=labels.selector(names)))
    monitors = namespaces(args.network.monitoring_namespaces)
    ingress = [NetworkPolicyIngressRuleArgs(from_=monitors, ports=[tcp(AGENT_PORT)])] if monitors else []
    return NetworkPolicyInitArgs(
        metadata=object_meta(args, names, names.backup),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(match_labels=labels.backup_selector(names)),
            policy_types=["Ingress", "Egress"],
            ingress=ingress,
            egress=[
                NetworkPolicyEgressRuleArgs(to=[members], ports=[tcp(PORT), *copied_from(args)]),
                NetworkPolicyEgressRuleArgs(ports=[udp(53), tcp(53)]),
                NetworkPolicyEgressRuleArgs(ports=[tcp(port) for port in sorted({443, 6443, *_ports(where)})]),
            ],
        ),
    )


def copied_from(args: MySQLClusterArgs) -> list[NetworkPolicyPortArgs]:
    """Where a base backup gets its data, beside the servers' own port: MariaDB's is streamed by the agents."""
    return [tcp(AGENT_PORT)] if args.engine.kind == "mariadb" else []


def _ports(where: S3 | Volume) -> set[int]:
    if where.kind == "volume" or not where.endpoint:
        return set()
    found = urlsplit(where.endpoint)
    return {found.port or (80 if found.scheme == "http" else 443)}
