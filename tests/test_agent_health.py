"""When a replica serves reads."""

from __future__ import annotations

import pytest
from agent_facts import facts, following, local, report

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.facts import Facts, Silent
from mysql_k8s.agent.health import judge

PRIMARY_0 = report(0, "0:1-9", writable=True)
IN_STEP = local(report(1, "0:1-9"), channel=following())
DOWN = Silent("db-0: timed out")

CASES: dict[str, tuple[Facts, bool]] = {
    "in step": (facts(IN_STEP, PRIMARY_0), True),
    "the primary is down": (facts(IN_STEP, DOWN), True),
    "too far behind": (facts(IN_STEP, PRIMARY_0, lag_seconds=31.0), False),
    "empty, and following": (facts(local(report(1), channel=following()), PRIMARY_0), False),
    "it began from nothing and lacks a part": (facts(IN_STEP, PRIMARY_0, catching_up=True), False),
    "also while the primary is down": (facts(IN_STEP, DOWN, catching_up=True), False),
    "its data does not know its primary yet": (
        facts(local(report(1, "0:1-2", bootstrapped=False), channel=following()), PRIMARY_0),
        False,
    ),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_a_replica_is_ready(case: str) -> None:
    observed, ready = CASES[case]
    health = judge(observed, act.Steady())
    assert health.ready == ready, health
