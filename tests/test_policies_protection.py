"""Disruption budgets and network policies of a database."""

from __future__ import annotations

from typing import Any

import pytest
from policy_judge import UNKNOWN, accepted, not_judged, refused
from policy_manifests import (
    ABSENT,
    BACKUP,
    BUDGET,
    MYSQLD,
    NETWORK_POLICY,
    SERVICE,
    STATEFUL_SET,
    changed,
    stateful_set,
)

PDB, NETWORK = "database-disruption-budget", "database-network-policy"


@pytest.mark.parametrize(
    ("members", "spec", "part"),
    [
        (3, {"maxUnavailable": 2}, "majority of 2"),
        (3, {"maxUnavailable": "50%"}, "majority of 2"),
        (3, {"minAvailable": 1}, "majority of 2"),
        (3, {"minAvailable": "33%"}, "majority of 2"),
        (5, {"maxUnavailable": 3}, "majority of 3"),
        (3, {"maxUnavailable": 0}, "ever be drained"),
        (3, {"maxUnavailable": "0%"}, "ever be drained"),
        (3, {"minAvailable": 3}, "ever be drained"),
        (3, {"minAvailable": "100%"}, "ever be drained"),
        (3, {"minAvailable": "67%"}, "ever be drained"),
        (3, {}, "how many members may go"),
    ],
)
def test_budgets_that_do_not_fit(members: int, spec: dict[str, Any], part: str) -> None:
    budget = changed(BUDGET, {"spec": {**spec, "selector": BUDGET["spec"]["selector"]}})
    refused(PDB, [stateful_set(**{"spec.replicas": members}), budget], "PodDisruptionBudget 'shop/orders'", part)


@pytest.mark.parametrize(
    ("members", "spec"),
    [
        (3, {"maxUnavailable": 1}),
        (3, {"minAvailable": 2}),
        (3, {"maxUnavailable": "33%"}),
        (3, {"minAvailable": "66%"}),
        (5, {"maxUnavailable": 2}),
        (5, {"minAvailable": "60%"}),
        (2, {"maxUnavailable": 1}),
    ],
)
def test_budgets_that_fit(members: int, spec: dict[str, Any]) -> None:
    budget = changed(BUDGET, {"spec": {**spec, "selector": BUDGET["spec"]["selector"]}})
    accepted(PDB, [stateful_set(**{"spec.replicas": members}), budget])


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata.namespace": "other"},
        {"spec.selector": {"matchLabels": {"app": "web"}}},
        {"spec.selector": ABSENT},
        {"spec.selector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["data"]}]}},
    ],
)
def test_budgets_of_others(changes: dict[str, Any]) -> None:
    refused(PDB, [STATEFUL_SET, changed(BUDGET, changes)], "no PodDisruptionBudget selects them")


def test_who_needs_a_budget() -> None:
    refused(PDB, [STATEFUL_SET], "has 3 members", "maxUnavailable: 1")
    refused(PDB, [STATEFUL_SET, BUDGET, changed(BUDGET, {"metadata.name": "second"})], "2 disruption budgets")
    accepted(PDB, [stateful_set(**{"spec.replicas": 1})])
    accepted(PDB, [stateful_set(**{f"{MYSQLD}.image": "nginx:1"})])
    accepted(PDB, [STATEFUL_SET], config={"exceptions": ["StatefulSet/orders"]})
    every = changed(BUDGET, {"spec.selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}})
    accepted(PDB, [STATEFUL_SET, every])


def test_budgets_not_known_yet() -> None:
    not_judged(PDB, [STATEFUL_SET, changed(BUDGET, {"spec.maxUnavailable": UNKNOWN})], "spec of PodDisruptionBudget")
    not_judged(PDB, [STATEFUL_SET, changed(BUDGET, {"spec.selector": UNKNOWN})], "spec.selector of PodDisruptionBudget")
    not_judged(PDB, [stateful_set(**{"spec.replicas": UNKNOWN}), BUDGET], "spec.replicas of StatefulSet")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"metadata.namespace": "other"}, "No NetworkPolicy in namespace shop"),
        ({"spec.podSelector": {"matchLabels": {"app": "web"}}}, "No NetworkPolicy"),
        ({"spec.policyTypes": ["Egress"]}, "No NetworkPolicy"),
        ({"spec.ingress": [{}]}, "lets everybody in"),
    ],
)
def test_network_policies_that_do_not_protect(changes: dict[str, Any], part: str) -> None:
    refused(NETWORK, [STATEFUL_SET, changed(NETWORK_POLICY, changes)], part)


@pytest.mark.parametrize(
    "changes",
    [
        {"spec.podSelector": {}},
        {"spec.policyTypes": ABSENT},
        {"spec.policyTypes": ["Egress", "Ingress"]},
        {"spec.ingress": ABSENT},
        {"spec.podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["orders"]}]}},
    ],
)
def test_network_policies_that_do(changes: dict[str, Any]) -> None:
    accepted(NETWORK, [STATEFUL_SET, changed(NETWORK_POLICY, changes)])


def test_who_needs_a_network_policy() -> None:
    refused(NETWORK, [stateful_set(kind="Deployment")], "Deployment 'shop/orders'")
    accepted(NETWORK, [stateful_set(**{f"{MYSQLD}.image": "nginx:1"}), BACKUP, SERVICE])
    accepted(NETWORK, [STATEFUL_SET], config={"exceptions": ["orders"]})
    not_judged(
        NETWORK, [STATEFUL_SET, changed(NETWORK_POLICY, {"spec.podSelector": UNKNOWN})], "NetworkPolicy 'shop/orders'"
    )
