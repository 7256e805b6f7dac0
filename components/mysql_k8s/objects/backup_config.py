"""ConfigMaps with the backup program, its settings and the script of its throw-away mysqld; named by their content."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from importlib import resources

from pulumi_kubernetes.core.v1 import ConfigMapInitArgs

from .. import backup_bundle
from ..args import S3, Backup, MySQLClusterArgs, Restore, Volume
from ..backup.settings import Settings
from ..names import PORT, Names
from ..quantity import MIB
from .metadata import object_meta

SEGMENT_BYTES = 16 * MIB
"""A segment that grows is stored anew each time: what that costs is bounded by this."""
FLUSH_SECONDS = 1.0
"""What may be lost with the cluster is about twice this."""
REMOTE = "target"
"""The name of rclone's remote: the S3 server, or what encrypts before it."""


def for_backups(args: MySQLClusterArgs, names: Names, backup: Backup) -> ConfigMapInitArgs:
    """The ConfigMap ``<name>-backup-<digest>``."""
    settings = backup_settings(args, names, backup)
    return _config_map(args, names, names.backup_config_map(_digest(settings)), settings)


def backups_name(args: MySQLClusterArgs, names: Names, backup: Backup) -> str:
    return names.backup_config_map(_digest(backup_settings(args, names, backup)))


def for_restore(args: MySQLClusterArgs, names: Names, restore: Restore) -> ConfigMapInitArgs:
    """The ConfigMap ``<name>-restore-<digest>``."""
    settings = restore_settings(args, names, restore)
    return _config_map(args, names, names.restore_config_map(_digest(settings)), settings)


def restore_name(args: MySQLClusterArgs, names: Names, restore: Restore) -> str:
    return names.restore_config_map(_digest(restore_settings(args, names, restore)))


def backup_settings(args: MySQLClusterArgs, names: Names, backup: Backup) -> Settings:
    """What the program is told: the contract with it is ``backup.settings.Settings`` itself."""
    return Settings(
        cluster=names.cluster,
        namespace=names.namespace,
        members=tuple(names.pod_host(ordinal) for ordinal in range(args.topology.members)),
        port=PORT,
        keep=backup.keep,
        point_in_time=backup.point_in_time,
        store=store(backup.target),
        segment_bytes=SEGMENT_BYTES,
        flush_seconds=FLUSH_SECONDS,
        server_version=args.engine.version,
        cron_job=names.backup,
        topology=args.topology.kind,
        engine=args.engine.kind,
    )


def restore_settings(args: MySQLClusterArgs, names: Names, restore: Restore) -> Settings:
    return Settings(
        cluster=restore.cluster,
        namespace=names.namespace,
        members=(),
        port=PORT,
        keep=1,
        point_in_time=True,
        store=store(restore.target),
        segment_bytes=SEGMENT_BYTES,
        flush_seconds=FLUSH_SECONDS,
        server_version=args.engine.version,
        until=restore.until,
        base=restore.backup,
        topology=args.topology.kind,
        engine=args.engine.kind,
    )


def store(target: S3 | Volume) -> str:
    """``volume``, or what rclone calls the target. What is encrypted has its place in rclone's own configuration."""
    if target.encryption_secret_name:
        return f"{REMOTE}:"
    return "volume" if target.kind == "volume" else f"{REMOTE}:{place(target)}"


def place(target: S3) -> str:
    """Bucket and folders."""
    return f"{target.bucket}/{target.prefix}".rstrip("/")


def _config_map(args: MySQLClusterArgs, names: Names, name: str, settings: Settings) -> ConfigMapInitArgs:
    return ConfigMapInitArgs(
        metadata=object_meta(args, names, name),
        immutable=True,
        data=_files(settings),
        binary_data={backup_bundle.FILE_NAME: backup_bundle.build().base64},
    )


def _files(settings: Settings) -> dict[str, str]:
    script = resources.files("mysql_k8s.backup") / "scratch.sh"
    return {
        "backup.json": json.dumps(dataclasses.asdict(settings), indent=2) + "\n",
        "scratch.sh": script.read_text("utf-8"),
    }


def _digest(settings: Settings) -> str:
    content = json.dumps([_files(settings), backup_bundle.build().digest], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:10]
