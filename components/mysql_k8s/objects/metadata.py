"""The metadata that every object has."""

from __future__ import annotations

from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from .. import labels
from ..args import MySQLClusterArgs
from ..names import Names


def object_meta(args: MySQLClusterArgs, names: Names, name: str) -> ObjectMetaArgs:
    """Name, namespace, labels and the user's annotations."""
    return ObjectMetaArgs(
        name=name,
        namespace=names.namespace,
        labels=labels.metadata(args, names),
        annotations={**args.annotations} or None,
    )


def unawaited_meta(args: MySQLClusterArgs, names: Names, name: str) -> ObjectMetaArgs:
    """As ``object_meta``, for what Pulumi must not wait for: the StatefulSet alone tells when all is ready."""
    return ObjectMetaArgs(
        name=name,
        namespace=names.namespace,
        labels=labels.metadata(args, names),
        annotations={**args.annotations, "pulumi.com/skipAwait": "true"},
    )
