"""The StatefulSet: stable names, a claim per member, updates from the highest ordinal down, so a fixed primary last."""

from __future__ import annotations

from pulumi_kubernetes.apps.v1 import (
    StatefulSetInitArgs,
    StatefulSetPersistentVolumeClaimRetentionPolicyArgs,
    StatefulSetSpecArgs,
    StatefulSetUpdateStrategyArgs,
)
from pulumi_kubernetes.core.v1 import (
    PersistentVolumeClaimArgs,
    PersistentVolumeClaimSpecArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from .. import labels
from ..args import MySQLClusterArgs
from ..names import Names
from . import pod
from .metadata import object_meta
from .volumes import CLAIM


def stateful_set(args: MySQLClusterArgs, names: Names) -> StatefulSetInitArgs:
    """What Pulumi would replace it for is constant, except `topology.start_order`, and the claim template, whose later
    changes the component keeps away from it."""
    return StatefulSetInitArgs(
        metadata=object_meta(args, names, names.stateful_set),
        spec=StatefulSetSpecArgs(
            service_name=names.headless_service,
            replicas=args.topology.members,
            selector=LabelSelectorArgs(match_labels=labels.selector(names)),
            pod_management_policy="OrderedReady" if args.start_order == "ordered" else "Parallel",
            update_strategy=StatefulSetUpdateStrategyArgs(type="RollingUpdate"),
            revision_history_limit=10,
            persistent_volume_claim_retention_policy=StatefulSetPersistentVolumeClaimRetentionPolicyArgs(
                when_deleted=_policy(args.storage.retain_on_delete),
                when_scaled=_policy(args.storage.retain_on_scale_in),
            ),
            template=pod.template(args, names),
            volume_claim_templates=[claim_template(args, names)],
        ),
    )


def claim_template(args: MySQLClusterArgs, names: Names) -> PersistentVolumeClaimArgs:
    """With the selector's labels only: a claim template can never change, the user's labels may."""
    return PersistentVolumeClaimArgs(
        metadata=ObjectMetaArgs(name=CLAIM, labels=labels.selector(names)),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=[args.storage.access_mode],
            storage_class_name=args.storage.storage_class,
            resources=VolumeResourceRequirementsArgs(requests={"storage": args.storage.size}),
        ),
    )


def _policy(retain: bool) -> str:
    return "Retain" if retain else "Delete"
