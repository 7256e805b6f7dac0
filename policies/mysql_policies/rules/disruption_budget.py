"""A node drain takes as many members as the budget allows, and without one as many as happen to be on the node."""

from __future__ import annotations

from collections.abc import Iterator

from ..databases import SCHEMA, is_database, undecided
from ..manifest import Manifest
from ..pods import Pod, pod_of
from ..quorum import lets_go, majority, may_go
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, exempt, stack_policy
from ..selectors import selects
from ..values import UNKNOWN, dig

ABOUT = About(
    "database-disruption-budget",
    "Every replicated database has one disruption budget, which neither breaks its majority nor blocks every drain.",
    "Add a PodDisruptionBudget with maxUnavailable: 1 whose selector matches the pods' labels.",
    {**EXCEPTIONS, **SCHEMA},
)


def disruption_budget(stack: list[Manifest], config: Config) -> Iterator[Finding]:
    budgets = [each for each in stack if each.kind == "PodDisruptionBudget" and not each.partial]
    for manifest in stack:
        pod = pod_of(manifest)
        if pod is None or manifest.kind != "StatefulSet" or manifest.partial or exempt(manifest, config):
            continue
        replicas = dig(manifest.body, "spec", "replicas")
        if replicas is not UNKNOWN and int(replicas or 1) < 2:
            continue
        if not is_database(pod, config):
            yield from undecided(pod)
        elif replicas is UNKNOWN:
            yield NotKnown(f"spec.replicas of {manifest.title}")
        else:
            yield from _judged(pod, int(replicas), [b for b in budgets if b.namespace == manifest.namespace])


def _judged(pod: Pod, members: int, budgets: list[Manifest]) -> Iterator[Finding]:
    owner = pod.owner
    answers = [(each, _selects(each, pod)) for each in budgets]
    mine = [each for each, answer in answers if answer]
    unsure = [each for each, answer in answers if answer is None]
    if unsure and not mine:
        yield from (NotKnown(f"spec.selector of {each.title}") for each in unsure)
    elif not mine:
        yield Violation(
            f"{owner.title} has {members} members and no PodDisruptionBudget selects them. Add one with "
            f"maxUnavailable: {may_go(members)} in namespace {owner.namespace}.",
            owner.urn,
        )
    elif len(mine) > 1:
        names = ", ".join(each.name for each in mine)
        yield Violation(
            f"{owner.title} is selected by {len(mine)} disruption budgets ({names}): Kubernetes then refuses every "
            f"eviction. Keep one.",
            owner.urn,
        )
    for budget in mine[:1]:
        yield from _fits(budget, owner, members)


def _selects(budget: Manifest, pod: Pod) -> bool | None:
    """An empty selector is everything in policy/v1 (a stack of today has no other)."""
    return selects(dig(budget.body, "spec", "selector"), pod.labels)


def _fits(budget: Manifest, owner: Manifest, members: int) -> Iterator[Finding]:
    least, most = (dig(budget.body, "spec", key) for key in ("minAvailable", "maxUnavailable"))
    if least is UNKNOWN or most is UNKNOWN:
        yield NotKnown(f"spec of {budget.title}")
        return
    said = f"maxUnavailable: {most}" if most is not None else f"minAvailable: {least}"
    gone = lets_go(least, most, members)
    way_out = f"Set maxUnavailable: {may_go(members) if members < 4 else 1}."
    if gone is None:
        yield Violation(f"{budget.title} must say how many members may go, got {said}. {way_out}", budget.urn)
    elif gone == 0:
        yield Violation(
            f"{budget.title} lets none of the {members} members of {owner.title} go ({said}): no node of theirs can "
            f"ever be drained. {way_out}",
            budget.urn,
        )
    elif gone > may_go(members):
        yield Violation(
            f"{budget.title} lets {gone} of the {members} members of {owner.title} go at once ({said}): fewer than the "
            f"majority of {majority(members)} would be left. {way_out}",
            budget.urn,
        )


POLICY = stack_policy(ABOUT, disruption_budget)
