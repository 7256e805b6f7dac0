"""How many members a node drain may take down at once."""

from __future__ import annotations

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudgetInitArgs, PodDisruptionBudgetSpecArgs

from .. import labels
from ..args import MySQLClusterArgs
from ..names import Names
from .metadata import object_meta


def disruption_budget(args: MySQLClusterArgs, names: Names) -> PodDisruptionBudgetInitArgs:
    """One member at a time, whatever the number, so that a crash during a drain still leaves a majority of five.

    A replica that is not ready may always go, so that it never blocks a drain. Not so where a majority decides, as such
    a member may still be needed for it: there it may go only while all the others are ready.

    Not for a single member: a budget would either block every drain for ever or allow all of them.
    """
    return PodDisruptionBudgetInitArgs(
        metadata=object_meta(args, names, names.disruption_budget),
        spec=PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=LabelSelectorArgs(match_labels=labels.selector(names)),
            unhealthy_pod_eviction_policy="IfHealthyBudget" if args.topology.primary_moves else "AlwaysAllow",
        ),
    )
