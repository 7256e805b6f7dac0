"""What every rule does: it accepts a good stack, leaves alone what is not Kubernetes, and never falls."""

from __future__ import annotations

import pytest
from policy_judge import BY_NAME, UNKNOWN, accepted, judge_types, load
from policy_manifests import STACK

RULES = [name for name in BY_NAME if not name.startswith("data-not-")]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_good_stack_passes(name: str, stack: str) -> None:
    accepted(name, STACK, stack=stack)


@pytest.mark.parametrize("name", RULES)
def test_what_is_no_kubernetes_object_is_left_alone(name: str) -> None:
    odd = {"metadata": {"name": "x"}, "password": "hunter2", "spec": {"replicas": 2}}
    kinds = [
        "pulumi:pulumi:Stack",
        "aws:rds/instance:Instance",
        "pulumi:providers:kubernetes",
        "mysql-k8s:index:MySQLCluster",
    ]
    assert judge_types(name, [(kind, odd) for kind in kinds]).violations == []


@pytest.mark.parametrize("name", RULES)
def test_an_empty_object_is_judged_without_a_fall(name: str) -> None:
    kinds = [
        "apps/v1:StatefulSet",
        "core/v1:Pod",
        "batch/v1:CronJob",
        "core/v1:ConfigMap",
        "policy/v1:PodDisruptionBudget",
    ]
    for props in ({}, {"metadata": None, "spec": None}, {"metadata": UNKNOWN, "spec": UNKNOWN, "data": UNKNOWN}):
        judge_types(name, [(f"kubernetes:{kind}", props) for kind in kinds])


def test_the_yaml_of_these_tests_is_read_as_it_stands() -> None:
    assert load("a: UNKNOWN")["a"] == UNKNOWN
