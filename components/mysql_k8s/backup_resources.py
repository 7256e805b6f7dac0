"""The objects of backups, as Pulumi resources below the component: wiring only, like ``component``."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.batch.v1 import CronJob, Job
from pulumi_kubernetes.core.v1 import ConfigMap, PersistentVolumeClaim, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from .args import Backup, MySQLClusterArgs, Restore
from .names import Names
from .objects import backup_access, backup_config, backup_volumes, backup_workloads


def make_backups(
    parent: pulumi.Resource, args: MySQLClusterArgs, names: Names, backup: Backup, before: Sequence[pulumi.Resource]
) -> None:
    """The keeper and the CronJobs, once what their pods mount is there."""
    child = pulumi.ResourceOptions(parent=parent)
    config = ConfigMap(
        backup_config.backups_name(args, names, backup), backup_config.for_backups(args, names, backup), opts=child
    )
    made: list[pulumi.Resource] = [
        config,
        NetworkPolicy(names.backup, backup_access.network_policy(args, names, backup.target), opts=child),
        ServiceAccount(names.backup, backup_access.service_account(args, names), opts=child),
        Role(names.backup, backup_access.role(args, names), opts=child),
        RoleBinding(names.backup, backup_access.binding(args, names), opts=child),
    ]
    after = pulumi.ResourceOptions(parent=parent, depends_on=[*before, *made])
    CronJob(names.backup, backup_workloads.base(args, names, backup), opts=after)
    if backup.drill_schedule:
        CronJob(names.drill, backup_workloads.drill(args, names, backup, backup.drill_schedule), opts=after)
    StatefulSet(
        names.backup,
        backup_workloads.keeper(args, names, backup),
        opts=pulumi.ResourceOptions.merge(after, pulumi.ResourceOptions(ignore_changes=["spec.volumeClaimTemplates"])),
    )


def make_restore(
    parent: pulumi.Resource, args: MySQLClusterArgs, names: Names, restore: Restore, before: Sequence[pulumi.Resource]
) -> list[pulumi.Resource]:
    """The primary's claim and the Job that fills it; the members wait for both.

    The API refuses to make a claim that exists: a restore never meets data.
    """
    child = pulumi.ResourceOptions(parent=parent)
    claim = PersistentVolumeClaim(
        names.claim(0),
        backup_volumes.restored_claim(args, names),
        opts=pulumi.ResourceOptions.merge(
            child, pulumi.ResourceOptions(retain_on_delete=True, ignore_changes=["spec", "metadata"])
        ),
    )
    config = ConfigMap(
        backup_config.restore_name(args, names, restore), backup_config.for_restore(args, names, restore), opts=child
    )
    limit = f"{(args.backup or Backup()).time_limit_seconds + 60}s"
    job = Job(
        names.restore,
        backup_workloads.restore(args, names, restore),
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[*before, claim, config],
            custom_timeouts=pulumi.CustomTimeouts(create=limit),
            # Done once: a newer program or image is no reason to do it again.
            ignore_changes=["spec", "metadata"],
        ),
    )
    return [claim, config, job]
