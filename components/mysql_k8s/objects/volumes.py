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
"""Only mysqld's container sees the data."""

API_TOKEN_MOUNT = VolumeMountArgs(
    name="api-token", mount_path="/var/run/secrets/kubernetes.io/serviceaccount", read_only=True
)

AGENT_MOUNTS = [
    *_SHARED,
    # An empty folder of the volume: enough to ask how much room is left.
    VolumeMountArgs(name=CLAIM, mount_path="/var/lib/mysql-volume", sub_path="gauge", read_only=True),
    VolumeMountArgs(name="agent", mount_path="/opt/mysql-k8s", read_only=True),
    VolumeMountArgs(name="cluster", mount_path="/etc/mysql-k8s-cluster", read_only=True),
    VolumeMountArgs(name="passwords", mount_path="/etc/mysql-k8s-secrets", read_only=True),
    API_TOKEN_MOUNT,
]
"""Only the agent's container sees passwords and the API token."""


def volumes(args: MySQLClusterArgs, names: Names) -> list[VolumeArgs]:
    """All but the claim, which the StatefulSet adds.

    Secrets and the declared cluster are named by plain strings: they change in place, and no pod restarts for it.
    """
    config = ConfigMapVolumeSourceArgs(name=config_map.config_name(args, names), default_mode=_READABLE)
    agent = ConfigMapVolumeSourceArgs(name=config_map.agent_name(names), default_mode=_READABLE)
    declared = ConfigMapVolumeSourceArgs(name=names.cluster_config_map, default_mode=_READABLE)
    passwords = SecretVolumeSourceArgs(secret_name=names.internal_secret, default_mode=_SECRET)
    tls = SecretVolumeSourceArgs(secret_name=args.tls.secret_name or names.tls_secret, default_mode=_SECRET)
    return [
        VolumeArgs(name="run", empty_dir=EmptyDirVolumeSourceArgs()),
        VolumeArgs(name="config", config_map=config),
        VolumeArgs(name="agent", config_map=agent),
        VolumeArgs(name="tls", secret=tls),
        VolumeArgs(name="cluster", config_map=declared),
        VolumeArgs(name="passwords", secret=passwords),
        VolumeArgs(name="api-token", projected=api_token()),
    ]


def api_token() -> ProjectedVolumeSourceArgs:
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
