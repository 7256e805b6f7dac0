"""What a member of a group fails at again and again: counted, told, and not repeated for ever."""

from __future__ import annotations

from dataclasses import replace

from agent_facts import local
from group_facts import facts, inside, outside, seats
from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.attention import FAILING_SECONDS, attention
from mysql_k8s.agent.setbacks import MOST_FALLS, ApplyFailure, Setbacks

FIRST = ApplyFailure("u:6", "10:00:00", "Can't find record in 't'")
AGAIN = replace(FIRST, at="10:00:30")
OTHER = ApplyFailure("u:7", "10:01:00", "Duplicate entry")
WELL = local(inside(1, "9:1-9", seats(0, 1, 2)))
JOINS = act.JoinGroup("g")


def after(*failures: ApplyFailure | None) -> Setbacks:
    setbacks = Setbacks()
    for failure in failures:
        setbacks = setbacks.observe(failure, fallen=False, serves=False)
    return setbacks


def test_the_same_failure_seen_again_is_no_other_try() -> None:
    assert after(FIRST, FIRST, FIRST).tries == 1


def test_a_second_failure_at_the_same_transaction_counts() -> None:
    assert after(FIRST, None, AGAIN).tries == 2


def test_another_transaction_counts_anew() -> None:
    assert after(FIRST, AGAIN, OTHER).tries == 1


@given(st.lists(st.sampled_from([FIRST, AGAIN, OTHER, None])))
def test_tries_are_the_changes_of_the_record_since_another_transaction(seen: list[ApplyFailure | None]) -> None:
    records = [failure for failure in seen if failure is not None]
    changes = [new for old, new in zip([None, *records], records, strict=False) if new != old]
    tail = 0
    for failure in reversed(changes):
        if failure.transaction != changes[-1].transaction:
            break
        tail += 1
    assert after(*seen).tries == tail


@given(st.lists(st.sampled_from(["ERROR", "OFFLINE", "ONLINE"])))
def test_falls_are_counted_until_the_member_serves(states: list[str]) -> None:
    setbacks, expected, before = Setbacks(), 0, ""
    for state in states:
        setbacks = setbacks.observe(None, fallen=state == "ERROR", serves=state == "ONLINE")
        expected = 0 if state == "ONLINE" else expected + (state == "ERROR" and before != "ERROR")
        before = state
    assert setbacks.falls == expected


def told(action: act.Action, **changes: object) -> str | None:
    given = {"waited": 0.0, "failure": None, "unserved": 0.0, "slow_failure": None} | changes
    setbacks = given.pop("setbacks", Setbacks())
    return attention(facts(WELL, outside(0), setbacks=setbacks), action, **given)  # type: ignore[arg-type]


def test_nothing_is_told_of_what_goes_well() -> None:
    assert told(act.Steady()) is None
    assert told(act.Wait("for ever"), waited=1e6) is None


def test_a_blocked_member_is_told_at_once() -> None:
    assert told(act.Blocked("errant")) == "errant"


def test_a_wait_is_told_when_it_has_lasted() -> None:
    assert told(act.Wait("for db-2", 90.0), waited=89.0) is None
    assert told(act.Wait("for db-2", 90.0), waited=91.0) == "for db-2"


def test_a_step_that_goes_on_failing_is_told() -> None:
    assert told(JOINS, failure="no", waited=FAILING_SECONDS) is None
    assert told(JOINS, failure="no", waited=FAILING_SECONDS + 1) == "joining the group; no"


def test_a_slow_step_that_fails_is_told_once_the_member_has_not_served_for_long() -> None:
    assert told(JOINS, slow_failure="wrong certificate", unserved=FAILING_SECONDS) is None
    assert told(JOINS, slow_failure="no", unserved=FAILING_SECONDS + 1) == "joining the group; no"


def test_who_falls_out_of_the_group_again_and_again_is_told() -> None:
    assert told(JOINS, setbacks=Setbacks(falls=MOST_FALLS - 1)) is None
    assert "fell out of the group 3 times" in str(told(JOINS, setbacks=Setbacks(falls=MOST_FALLS)))
