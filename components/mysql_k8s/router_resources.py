"""The objects of MySQL Router, as Pulumi resources below the component: wiring only, like ``component``."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from .args import MySQLClusterArgs, Router
from .names import Names
from .objects import router as objects
from .objects import router_access


def make_router(
    parent: pulumi.Resource, args: MySQLClusterArgs, names: Names, router: Router, before: Sequence[pulumi.Resource]
) -> None:
    """Beside the members, not after them: what a Router leads to may come and go. ``before``: their Services."""
    child = pulumi.ResourceOptions(parent=parent)
    made: list[pulumi.Resource] = [
        ConfigMap(objects.config_name(names, router), objects.config(args, names, router), opts=child),
        ServiceAccount(names.router, objects.service_account(args, names), opts=child),
        NetworkPolicy(names.router, router_access.network_policy(args, names), opts=child),
        Service(names.router, objects.service(args, names), opts=child),
    ]
    if router.instances > 1:
        PodDisruptionBudget(names.router, objects.disruption_budget(args, names), opts=child)
    ready = f"{args.timeouts.ready_seconds}s"
    Deployment(
        names.router,
        objects.deployment(args, names, router),
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[*before, *made],
            custom_timeouts=pulumi.CustomTimeouts(create=ready, update=ready),
        ),
    )
