"""What runs the pods that back up: a StatefulSet of one, CronJobs, and a Job that restores."""

from __future__ import annotations

from pulumi_kubernetes.apps.v1 import StatefulSetInitArgs, StatefulSetSpecArgs
from pulumi_kubernetes.batch.v1 import (
    CronJobInitArgs,
    CronJobSpecArgs,
    JobInitArgs,
    JobSpecArgs,
    JobTemplateSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from .. import labels
from ..args import Backup, MySQLClusterArgs, Restore
from ..names import Names
from . import backup_pods
from .backup_config import backups_name, restore_name
from .backup_volumes import made_claim
from .metadata import object_meta, unawaited_meta

_RETRIES = 2


def keeper(args: MySQLClusterArgs, names: Names, backup: Backup) -> StatefulSetInitArgs:
    """A StatefulSet, as it never runs two pods at once: the archive has one writer."""
    selector = {**labels.backup_selector(names), "app.kubernetes.io/component": "keeper"}
    target = backup.target
    made = [made_claim(names, target)] if target.kind == "volume" and backup_pods.makes_claim(target) else None
    return StatefulSetInitArgs(
        metadata=unawaited_meta(args, names, names.backup),
        spec=StatefulSetSpecArgs(
            service_name=names.headless_service,
            replicas=1,
            selector=LabelSelectorArgs(match_labels=selector),
            template=backup_pods.keeper(args, names, backup, backups_name(args, names, backup)),
            volume_claim_templates=made,
        ),
    )


def base(args: MySQLClusterArgs, names: Names, backup: Backup) -> CronJobInitArgs:
    """Takes base backups."""
    return _cron_job(args, names, backup, names.backup, backup.schedule, "base")


def drill(args: MySQLClusterArgs, names: Names, backup: Backup, schedule: str) -> CronJobInitArgs:
    """Restores the newest backup to prove it."""
    return _cron_job(args, names, backup, names.drill, schedule, "drill")


def restore(args: MySQLClusterArgs, names: Names, wanted: Restore) -> JobInitArgs:
    """Fills the primary's volume; the StatefulSet waits for it."""
    limit = (args.backup or Backup()).time_limit_seconds
    template = backup_pods.restore(args, names, wanted.target, restore_name(args, names, wanted))
    return JobInitArgs(
        metadata=object_meta(args, names, names.restore),
        spec=JobSpecArgs(template=template, backoff_limit=_RETRIES, active_deadline_seconds=limit),
    )


def _cron_job(
    args: MySQLClusterArgs, names: Names, backup: Backup, name: str, schedule: str, command: str
) -> CronJobInitArgs:
    template = backup_pods.job(args, names, backup, command, backups_name(args, names, backup))
    job = JobSpecArgs(template=template, backoff_limit=_RETRIES, active_deadline_seconds=backup.time_limit_seconds)
    return CronJobInitArgs(
        metadata=object_meta(args, names, name),
        spec=CronJobSpecArgs(
            schedule=schedule,
            concurrency_policy="Forbid",
            starting_deadline_seconds=3600,
            successful_jobs_history_limit=2,
            failed_jobs_history_limit=2,
            job_template=JobTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=labels.backup(args, names, command)), spec=job
            ),
        ),
    )
