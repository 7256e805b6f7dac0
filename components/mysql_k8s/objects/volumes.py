"""The pod's volumes, and which container sees which of them."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    ConfigMapProjectionArgs,
    ConfigMapVolumeSourceArgs,
    DownwardAPIProjectionArgs,
    DownwardAPIVolumeFileArgs,
    EmptyDirVolumeSourceArgs,
    KeyToPathArgs,
    ObjectFieldSelectorArgs,
    ProjectedVolumeSourceArgs,
    SecretProjectionArgs,
    SecretVolumeSourceArgs,
    ServiceAccountTokenProjectionArgs,
    VolumeArgs,
    VolumeMountArgs,
    VolumeProjectionArgs,
)

from .. import server_settings
from ..args import MySQLClusterArgs
from ..names import Names
from . import config_map
from .secrets import INTERNAL_ACCOUNTS

CLAIM = "data"

_READABLE = 0o444
_SECRET = 0o440
"""Readable by the pod's group alone (``fsGroup``)."""

_SHARED = [
    VolumeMountArgs(name="run", mount_path=server_settings.RUN_DIRECTORY),
    VolumeMountArgs(name="config", mount_path="/etc/mysql-k8s", read_only=True),
    VolumeMountArgs(name="tls", mount_path=server_settings.TLS_DIRECTORY, read_only=True),
]

MYSQLD_MOUNTS = [VolumeMountArgs(name=CLAIM, mount_path="/var/lib/mysql"), *_SHARED]
"""Only mysqld's container touches the data."""

AGENT_MOUNTS = [
    *_SHARED,
    VolumeMountArgs(name="agent", mount_path="/opt/mysql-k8s", read_only=True),
    VolumeMountArgs(name="passwords", mount_path="/etc/mysql-k8s-secrets", read_only=True),
    VolumeMountArgs(name="api-token", mount_path="/var/run/secrets/kubernetes.io/serviceaccount", read_only=True),
]
"""Only the agent's container sees passwords and the API token."""


def volumes(args: MySQLClusterArgs, names: Names) -> list[VolumeArgs]:
    """All but the claim, which the StatefulSet adds. Secrets are named by plain strings: they may change in place."""
    config = ConfigMapVolumeSourceArgs(name=config_map.config_name(args, names), default_mode=_READABLE)
    agent = ConfigMapVolumeSourceArgs(name=config_map.agent_name(names), default_mode=_READABLE)
    tls = SecretVolumeSourceArgs(secret_name=args.tls.secret_name or names.tls_secret, default_mode=_SECRET)
    return [
        VolumeArgs(name="run", empty_dir=EmptyDirVolumeSourceArgs()),
        VolumeArgs(name="config", config_map=config),
        VolumeArgs(name="agent", config_map=agent),
        VolumeArgs(name="tls", secret=tls),
        VolumeArgs(name="passwords", projected=_passwords(args, names)),
        VolumeArgs(name="api-token", projected=_api_token()),
    ]


def _passwords(args: MySQLClusterArgs, names: Names) -> ProjectedVolumeSourceArgs:
    """``internal/<account>`` and ``users/<user>``."""
    internal = [KeyToPathArgs(key=account, path=f"internal/{account}") for account in INTERNAL_ACCOUNTS]
    sources = {names.internal_secret: internal} | {
        names.user_secret(user.name): [KeyToPathArgs(key="password", path=f"users/{user.name}")] for user in args.users
    }
    return ProjectedVolumeSourceArgs(
        default_mode=_SECRET,
        sources=[
            VolumeProjectionArgs(secret=SecretProjectionArgs(name=name, items=items)) for name, items in sources.items()
        ],
    )


def _api_token() -> ProjectedVolumeSourceArgs:
    """What automounting would give every container, for the agent alone."""
    namespace = DownwardAPIVolumeFileArgs(
        path="namespace", field_ref=ObjectFieldSelectorArgs(api_version="v1", field_path="metadata.namespace")
    )
    return ProjectedVolumeSourceArgs(
        default_mode=_SECRET,
        sources=[
            VolumeProjectionArgs(
                service_account_token=ServiceAccountTokenProjectionArgs(path="token", expiration_seconds=3600)
            ),
            VolumeProjectionArgs(
                config_map=ConfigMapProjectionArgs(
                    name="kube-root-ca.crt", items=[KeyToPathArgs(key="ca.crt", path="ca.crt")]
                )
            ),
            VolumeProjectionArgs(downward_api=DownwardAPIProjectionArgs(items=[namespace])),
        ],
    )
