"""The volumes of the pods that back up, and where their containers mount them."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    ConfigMapVolumeSourceArgs,
    EmptyDirVolumeSourceArgs,
    EphemeralVolumeSourceArgs,
    KeyToPathArgs,
    NFSVolumeSourceArgs,
    PersistentVolumeClaimArgs,
    PersistentVolumeClaimInitArgs,
    PersistentVolumeClaimSpecArgs,
    PersistentVolumeClaimTemplateArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    SecretVolumeSourceArgs,
    VolumeArgs,
    VolumeMountArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from .. import labels, server_settings
from ..args import S3, Backup, MySQLClusterArgs, Volume
from ..names import Names
from . import config_map
from .metadata import unawaited_meta

_READABLE = 0o444
_SECRET = 0o440

PROGRAM = VolumeMountArgs(name="program", mount_path="/etc/mysql-k8s-backup", read_only=True)
TARGET_FOLDER = "/backup"
TARGET = VolumeMountArgs(name="target", mount_path=TARGET_FOLDER)
SPOOL = VolumeMountArgs(name="spool", mount_path="/spool")
_TLS = VolumeMountArgs(name="tls", mount_path=server_settings.TLS_DIRECTORY, read_only=True)
_RUN = VolumeMountArgs(name="run", mount_path=server_settings.RUN_DIRECTORY)
_DATA = VolumeMountArgs(name="data", mount_path="/var/lib/mysql")
_CONFIG = VolumeMountArgs(name="config", mount_path="/etc/mysql-k8s", read_only=True)
PASSWORDS = VolumeMountArgs(name="passwords", mount_path="/etc/mysql-k8s-secrets", read_only=True)

MYSQLD_MOUNTS = [_DATA, _RUN, _CONFIG, _TLS, PROGRAM]
KEEPER_MOUNTS = [PROGRAM, _TLS, PASSWORDS, SPOOL]
JOB_MOUNTS = [PROGRAM, _TLS, PASSWORDS, SPOOL, _DATA, _RUN]
RESTORE_MOUNTS = [PROGRAM, _TLS, SPOOL, _DATA, _RUN]
"""A restore connects to nobody: it needs no password."""


def program(config_map_name: str) -> VolumeArgs:
    source = ConfigMapVolumeSourceArgs(name=config_map_name, default_mode=_READABLE)
    return VolumeArgs(name="program", config_map=source)


def tls(args: MySQLClusterArgs, names: Names) -> VolumeArgs:
    source = SecretVolumeSourceArgs(secret_name=args.tls.secret_name or names.tls_secret, default_mode=_SECRET)
    return VolumeArgs(name="tls", secret=source)


def passwords(names: Names) -> VolumeArgs:
    """Of the two accounts that copy data, and of no other."""
    items = [KeyToPathArgs(key=key, path=key) for key in ("clone", "replication")]
    source = SecretVolumeSourceArgs(secret_name=names.internal_secret, items=items, default_mode=_SECRET)
    return VolumeArgs(name="passwords", secret=source)


def spool(limit: str) -> VolumeArgs:
    """Parts and segments on their way. A transaction is one piece, however large: so much may lie here at most.

    ``limit``: a quantity; nothing is reserved.
    """
    return VolumeArgs(name="spool", empty_dir=EmptyDirVolumeSourceArgs(size_limit=limit))


def target(where: S3 | Volume, names: Names) -> list[VolumeArgs]:
    """Nothing for S3."""
    if where.kind == "s3":
        return []
    if where.nfs_server:
        return [VolumeArgs(name="target", nfs=NFSVolumeSourceArgs(server=where.nfs_server, path=where.nfs_path))]
    claim = PersistentVolumeClaimVolumeSourceArgs(claim_name=where.claim or names.backup_claim)
    return [VolumeArgs(name="target", persistent_volume_claim=claim)]


def of_mysqld(args: MySQLClusterArgs, names: Names) -> list[VolumeArgs]:
    """What a throw-away mysqld needs beside its data."""
    config = ConfigMapVolumeSourceArgs(name=config_map.config_name(args, names), default_mode=_READABLE)
    return [
        VolumeArgs(name="run", empty_dir=EmptyDirVolumeSourceArgs()),
        VolumeArgs(name="config", config_map=config),
    ]


def scratch(args: MySQLClusterArgs, backup: Backup) -> VolumeArgs:
    """As large as a member's volume, and deleted with the pod."""
    spec = PersistentVolumeClaimSpecArgs(
        access_modes=["ReadWriteOnce"],
        storage_class_name=backup.storage_class or args.storage.storage_class,
        resources=VolumeResourceRequirementsArgs(requests={"storage": args.storage.size}),
    )
    template = PersistentVolumeClaimTemplateArgs(spec=spec)
    return VolumeArgs(name="data", ephemeral=EphemeralVolumeSourceArgs(volume_claim_template=template))


def claim(name: str) -> VolumeArgs:
    return VolumeArgs(name="data", persistent_volume_claim=PersistentVolumeClaimVolumeSourceArgs(claim_name=name))


def made_claim(names: Names, where: Volume) -> PersistentVolumeClaimArgs:
    """The claim that the keeper's StatefulSet makes once, keeps for ever, and finds again."""
    return PersistentVolumeClaimArgs(
        metadata=ObjectMetaArgs(name="target", labels=labels.backup_selector(names)),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=[where.access_mode],
            storage_class_name=where.storage_class,
            resources=VolumeResourceRequirementsArgs(requests={"storage": where.size}),
        ),
    )


def restored_claim(args: MySQLClusterArgs, names: Names) -> PersistentVolumeClaimInitArgs:
    """The primary's claim, made before its StatefulSet is. One that exists already ends the deployment."""
    return PersistentVolumeClaimInitArgs(
        metadata=unawaited_meta(args, names, names.claim(0)),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=[args.storage.access_mode],
            storage_class_name=args.storage.storage_class,
            resources=VolumeResourceRequirementsArgs(requests={"storage": args.storage.size}),
        ),
    )
