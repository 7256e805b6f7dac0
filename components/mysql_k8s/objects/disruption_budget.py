"""How many members a node drain may take down at once."""

from __future__ import annotations

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudgetInitArgs, PodDisruptionBudgetSpecArgs

from .. import labels
from ..args import MySQLClusterArgs
from ..names import Names
from .metadata import object_meta


def disruption_budget(args: MySQLClusterArgs, names: Names) -> PodDisruptionBudgetInitArgs:
    """One member at a time; one that is not ready anyway may always go, so that it never blocks a drain.

    For Replication only. For a single member a budget would either block every drain for ever or allow all of them.
    """
    return PodDisruptionBudgetInitArgs(
        metadata=object_meta(args, names, names.disruption_budget),
        spec=PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=LabelSelectorArgs(match_labels=labels.selector(names)),
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
    )
