"""The pod of one member."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    SeccompProfileArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from .. import labels
from ..args import MySQLClusterArgs
from ..names import Names
from . import containers, scheduling
from .volumes import volumes

MYSQL_USER = 999
"""User and group ``mysql`` of the upstream image; the agent has the same, to share the socket."""


def template(args: MySQLClusterArgs, names: Names) -> PodTemplateSpecArgs:
    """Nothing in here depends on a password or a certificate: changing those restarts no pod."""
    annotations = {**args.annotations, "kubectl.kubernetes.io/default-container": "mysqld"}
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=labels.metadata(args, names), annotations=annotations),
        spec=PodSpecArgs(
            service_account_name=names.service_account,
            automount_service_account_token=False,
            enable_service_links=False,
            termination_grace_period_seconds=args.timeouts.stop_seconds,
            security_context=PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=MYSQL_USER,
                run_as_group=MYSQL_USER,
                fs_group=MYSQL_USER,
                # A volume of many files is not walked again at every start.
                fs_group_change_policy="OnRootMismatch",
                seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
            ),
            init_containers=[containers.agent(args)],
            containers=[containers.mysqld(args)],
            volumes=volumes(args, names),
            affinity=scheduling.affinity(args, names),
            topology_spread_constraints=scheduling.zone_spread(args, scheduling.members(names)),
            node_selector={**args.scheduling.node_selector} or None,
            tolerations=scheduling.tolerations(args),
            priority_class_name=args.scheduling.priority_class,
        ),
    )
