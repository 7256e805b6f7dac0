"""Where a member's pod may run."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    PodAffinityTermArgs,
    PodAntiAffinityArgs,
    TolerationArgs,
    TopologySpreadConstraintArgs,
    WeightedPodAffinityTermArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from .. import labels
from ..args import MySQLClusterArgs, Toleration
from ..names import Names


def affinity(args: MySQLClusterArgs, names: Names) -> AffinityArgs | None:
    """Members keep off each other's nodes, as ``scheduling.anti_affinity`` has it."""
    term = PodAffinityTermArgs(topology_key="kubernetes.io/hostname", label_selector=members(names))
    match args.scheduling.anti_affinity:
        case "required":
            apart = PodAntiAffinityArgs(required_during_scheduling_ignored_during_execution=[term])
        case "preferred":
            weighted = WeightedPodAffinityTermArgs(weight=100, pod_affinity_term=term)
            apart = PodAntiAffinityArgs(preferred_during_scheduling_ignored_during_execution=[weighted])
        case "none":
            return None
    return AffinityArgs(pod_anti_affinity=apart)


def zone_spread(args: MySQLClusterArgs, pods: LabelSelectorArgs) -> list[TopologySpreadConstraintArgs] | None:
    """``pods`` as evenly over zones as can be. ScheduleAnyway: one in a crowded zone is better than none."""
    if not args.scheduling.spread_zones:
        return None
    return [
        TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key="topology.kubernetes.io/zone",
            when_unsatisfiable="ScheduleAnyway",
            label_selector=pods,
        )
    ]


def tolerations(args: MySQLClusterArgs) -> list[TolerationArgs] | None:
    return [_toleration(each) for each in args.scheduling.tolerations] or None


def _toleration(toleration: Toleration) -> TolerationArgs:
    return TolerationArgs(
        key=toleration.key,
        operator=toleration.operator,
        value=toleration.value,
        effect=toleration.effect,
        toleration_seconds=toleration.toleration_seconds,
    )


def members(names: Names) -> LabelSelectorArgs:
    return LabelSelectorArgs(match_labels=labels.selector(names))
