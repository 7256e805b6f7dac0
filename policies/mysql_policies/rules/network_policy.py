"""Without a NetworkPolicy every pod of the cluster may knock at the database."""

from __future__ import annotations

from collections.abc import Iterator

from ..databases import SCHEMA, is_database, undecided
from ..manifest import Manifest
from ..pods import Pod, pods_in
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, exempt, stack_policy
from ..selectors import selects
from ..values import UNKNOWN, dig, has_unknown, mappings, sequence

ABOUT = About(
    "database-network-policy",
    "A NetworkPolicy says who may connect to a database's pods.",
    "Add a NetworkPolicy whose podSelector matches the pods' labels, with policyTypes [Ingress] and the clients in "
    "`ingress`. A namespace whose policies another stack keeps is named in this policy's `exceptions`, as Kind/name of "
    "the database.",
    {**EXCEPTIONS, **SCHEMA},
)


def network_policy(stack: list[Manifest], config: Config) -> Iterator[Finding]:
    policies = [
        each
        for each in stack
        if each.kind == "NetworkPolicy" and each.group in ("networking", "extensions") and not each.partial
    ]
    for pod in pods_in(stack):
        if pod.owner.partial or exempt(pod.owner, config):
            continue
        if not is_database(pod, config):
            yield from undecided(pod)
        else:
            yield from _judged(pod, [each for each in policies if each.namespace == pod.owner.namespace])


def _judged(pod: Pod, policies: list[Manifest]) -> Iterator[Finding]:
    answers = [(each, _covers(each, pod)) for each in policies]
    covering = [each for each, answer in answers if answer]
    unsure = [each for each, answer in answers if answer is None]
    if unsure and not covering:
        yield from (NotKnown(f"spec of {each.title}") for each in unsure)
    elif not covering:
        yield Violation(
            f"No NetworkPolicy in namespace {pod.owner.namespace} says who may connect to the pods of "
            f"{pod.owner.title}. Add one that selects them, with policyTypes: [Ingress].",
            pod.owner.urn,
        )
    for policy in covering:
        if _lets_everybody_in(policy):
            yield Violation(
                f"{policy.title} covers {pod.owner.title} and lets everybody in: one of its ingress rules names "
                f"neither peers nor ports. Name the clients in `from`.",
                policy.urn,
            )


def _covers(policy: Manifest, pod: Pod) -> bool | None:
    selector, types = (dig(policy.body, "spec", key) for key in ("podSelector", "policyTypes"))
    if types is UNKNOWN or has_unknown(types):
        return None
    # Ingress is meant where nothing is said (Kubernetes: NetworkPolicySpec.policyTypes).
    if types is not None and "Ingress" not in sequence(types):
        return False
    return selects({} if selector is None else selector, pod.labels)


def _lets_everybody_in(policy: Manifest) -> bool:
    rules = mappings(dig(policy.body, "spec", "ingress"))
    return any(rule.get("from") in (None, []) and rule.get("ports") in (None, []) for rule in rules)


POLICY = stack_policy(ABOUT, network_policy)
