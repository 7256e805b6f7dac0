"""What the agents may do through the Kubernetes API: label their pods, look for their claims, write events."""

from __future__ import annotations

from pulumi_kubernetes.rbac.v1 import (
    PolicyRuleArgs,
    RoleBindingInitArgs,
    RoleInitArgs,
    RoleRefArgs,
    SubjectArgs,
)

from ..args import MySQLClusterArgs
from ..names import Names
from .metadata import object_meta


def role(args: MySQLClusterArgs, names: Names) -> RoleInitArgs:
    """Pods and claims by name, so that nothing else in the namespace can be touched."""
    ordinals = range(args.topology.members)
    # Where the primary moves, it notes on the claims what it holds, as a guard against starting again from less.
    on_claims = ["get", "patch"] if args.topology.primary_moves else ["get"]
    return RoleInitArgs(
        metadata=object_meta(args, names, names.role),
        rules=[
            PolicyRuleArgs(
                api_groups=[""],
                resources=["pods"],
                resource_names=[names.pod(ordinal) for ordinal in ordinals],
                verbs=["patch"],
            ),
            PolicyRuleArgs(
                api_groups=[""],
                resources=["persistentvolumeclaims"],
                resource_names=[names.claim(ordinal) for ordinal in ordinals],
                verbs=on_claims,
            ),
            PolicyRuleArgs(api_groups=[""], resources=["events"], verbs=["create"]),
        ],
    )


def binding(args: MySQLClusterArgs, names: Names) -> RoleBindingInitArgs:
    """Gives the role to the pods' service account."""
    return RoleBindingInitArgs(
        metadata=object_meta(args, names, names.role),
        role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=names.role),
        subjects=[SubjectArgs(kind="ServiceAccount", name=names.service_account, namespace=names.namespace)],
    )
