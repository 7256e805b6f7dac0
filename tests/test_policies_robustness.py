"""Whatever a manifest looks like, a policy ends with a verdict: an exception in one would hide all the others."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_judge import BY_NAME, UNKNOWN, judge
from policy_manifests import MYSQLD, STACK, stateful_set

RULES = [name for name in BY_NAME if not name.startswith("data-not-")]
Path = tuple[int | str, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


PLACES = [path for path in paths(STACK) if len(path) > 1 and path[-1] != "kind"]
VALUES = st.sampled_from(
    [None, UNKNOWN, "x", "", 0, -1, 2.5, True, [], {}, [None], [UNKNOWN], ["x"], [{}], {"x": None}]
)


def test_a_field_of_a_wrong_type_is_refused_by_the_rule_that_needs_it() -> None:
    verdict = judge("mysql-memory-fits", [stateful_set(**{f"{MYSQLD}.volumeMounts.0.name": ["hunter2"]})])
    assert "cannot be judged" in verdict.violations[0]
    assert "hunter2" not in verdict.violations[0]


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PLACES), VALUES)
def test_a_policy_judges_any_manifest(place: Path, value: Any) -> None:
    stack = copy.deepcopy(STACK)
    owner: Any = stack
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    for name in RULES:
        judge(name, stack)
