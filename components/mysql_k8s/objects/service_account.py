"""The pods' identity towards the Kubernetes API."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import ServiceAccountInitArgs

from ..args import MySQLClusterArgs
from ..names import Names
from .metadata import object_meta


def service_account(args: MySQLClusterArgs, names: Names) -> ServiceAccountInitArgs:
    """Its token is mounted by name into the agent alone, never automatically."""
    return ServiceAccountInitArgs(
        metadata=object_meta(args, names, names.service_account),
        automount_service_account_token=False,
    )
