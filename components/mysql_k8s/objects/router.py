"""MySQL Router: its Deployment, and what that needs beside it."""

from __future__ import annotations

from pulumi_kubernetes.apps.v1 import (
    DeploymentInitArgs,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import (
    ConfigMapInitArgs,
    ServiceAccountInitArgs,
    ServiceInitArgs,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudgetInitArgs, PodDisruptionBudgetSpecArgs

from .. import labels, router_conf
from ..args import MySQLClusterArgs, Router
from ..names import ROUTER_PORT, ROUTER_READ_PORT, Names
from . import router_pod
from .config_map import digest
from .metadata import object_meta, unawaited_meta

CONF = "mysqlrouter.conf"


def deployment(args: MySQLClusterArgs, names: Names, router: Router) -> DeploymentInitArgs:
    """Never fewer instances than wanted while they are replaced."""
    return DeploymentInitArgs(
        metadata=object_meta(args, names, names.router),
        spec=DeploymentSpecArgs(
            replicas=router.instances,
            selector=LabelSelectorArgs(match_labels=labels.router_selector(names)),
            strategy=DeploymentStrategyArgs(
                type="RollingUpdate", rolling_update=RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1)
            ),
            template=router_pod.template(args, names, router, config_name(names, router)),
        ),
    )


def config(args: MySQLClusterArgs, names: Names, router: Router) -> ConfigMapInitArgs:
    """The ConfigMap ``<name>-router-<digest>``: another content is another object, and so reaches the pods."""
    return ConfigMapInitArgs(
        metadata=object_meta(args, names, config_name(names, router)), immutable=True, data=_files(names, router)
    )


def config_name(names: Names, router: Router) -> str:
    return names.router_config_map(digest(_files(names, router)))


def service(args: MySQLClusterArgs, names: Names) -> ServiceInitArgs:
    """The one address."""
    ports = {"mysql-writes": ROUTER_PORT, "mysql-reads": ROUTER_READ_PORT}
    return ServiceInitArgs(
        metadata=unawaited_meta(args, names, names.router),
        spec=ServiceSpecArgs(
            type="ClusterIP",
            selector=labels.router_selector(names),
            session_affinity="None",
            ports=[
                ServicePortArgs(name=name, port=port, target_port=name, protocol="TCP", app_protocol="mysql")
                for name, port in ports.items()
            ],
        ),
    )


def service_account(args: MySQLClusterArgs, names: Names) -> ServiceAccountInitArgs:
    """An identity without a token: a Router asks nothing of the API."""
    return ServiceAccountInitArgs(
        metadata=object_meta(args, names, names.router), automount_service_account_token=False
    )


def disruption_budget(args: MySQLClusterArgs, names: Names) -> PodDisruptionBudgetInitArgs:
    """One at a time. Not for a single instance: a budget would block every drain."""
    return PodDisruptionBudgetInitArgs(
        metadata=object_meta(args, names, names.router),
        spec=PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=LabelSelectorArgs(match_labels=labels.router_selector(names)),
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
    )


def _files(names: Names, router: Router) -> dict[str, str]:
    return {CONF: router_conf.render(router, names)}
