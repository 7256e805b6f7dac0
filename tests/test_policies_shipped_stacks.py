"""Every stack that ships passes the pack, as the program registers its resources."""

from __future__ import annotations

import pytest
from harness import plain
from policy_judge import BY_NAME, judge_types
from pulumi_policy import EnforcementLevel
from test_program import STACKS, run, stack

RULES_OF_MANIFESTS = [name for name in BY_NAME if not name.startswith("data-not-")]


@pytest.fixture(scope="module", params=STACKS)
def recorded(request: pytest.FixtureRequest) -> tuple[str, list[tuple[str, dict[str, object]]]]:
    resources = [(each.typ, plain(each.inputs)) for each in run(stack(request.param)).resources]
    return request.param, [each for each in resources if each[0].startswith("kubernetes:")]


@pytest.mark.parametrize("name", RULES_OF_MANIFESTS)
def test_a_shipped_stack_passes(name: str, recorded: tuple[str, list[tuple[str, dict[str, object]]]]) -> None:
    stack_name, resources = recorded
    assert len(resources) > 10
    verdict = judge_types(name, resources, stack=stack_name)
    assert verdict.note == "", "all is known in the program's own inputs"
    if BY_NAME[name].enforcement_level is EnforcementLevel.MANDATORY:
        assert verdict.violations == []
