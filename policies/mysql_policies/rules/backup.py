"""What only replicas hold is gone with a wrong DELETE."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..databases import SCHEMA, is_database
from ..manifest import Manifest
from ..pods import pods_in
from ..production import is_production
from ..rule import ADVISORY, EXCEPTIONS, About, Config, Finding, Violation, exempt, stack_policy
from ..values import dig, strings

_BACKUP = re.compile(r"backup|dump|snapshot|xtrabackup|barman|wal-g|restic|velero|clone", re.IGNORECASE)
_SCHEDULES = {"Schedule", "BackupSchedule", "ScheduledBackup", "SnapshotSchedule", "PerconaXtraDBClusterBackup"}
ABOUT = About(
    "database-backup-configured",
    "A database of production is backed up.",
    "Add a CronJob that backs the database up, a schedule of your backup operator, or Velero's annotation "
    "backup.velero.io/backup-volumes on the pods.",
    {
        **EXCEPTIONS,
        **SCHEMA,
        "stacks": {
            "type": "array",
            "items": {"type": "string"},
            "description": "stacks that need backups; those called prod or production unless given",
        },
    },
    ADVISORY,
)


def backup(stack: list[Manifest], config: Config) -> Iterator[Finding]:
    schedules = [each for each in stack if each.kind in _SCHEDULES or (each.kind == "CronJob" and _backs_up(each))]
    for pod in pods_in(stack):
        owner = pod.owner
        if not is_production(owner.stack, config.get("stacks")) or exempt(owner, config):
            continue
        if owner.kind != "StatefulSet" or owner.partial or not dig(owner.body, "spec", "volumeClaimTemplates"):
            continue
        by_volume = any(_BACKUP.search(key) for key in pod.annotations)
        # A schedule of an operator may live in that operator's namespace.
        nearby = [each for each in schedules if each.kind != "CronJob" or each.namespace == owner.namespace]
        if is_database(pod, config) and not by_volume and not nearby:
            yield Violation(
                f"{owner.title} holds data of stack '{owner.stack}' and nothing in the stack backs it up. Add a "
                f"CronJob or a schedule that does, or name it in the policy's `exceptions` if another stack does.",
                owner.urn,
            )


def _backs_up(job: Manifest) -> bool:
    return bool(_BACKUP.search(job.name)) or any(_BACKUP.search(text) for _, text in strings(job.body.get("spec")))


POLICY = stack_policy(ABOUT, backup)
