"""The decision table of a group, case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agent_facts import UUIDS, local
from group_facts import NAME, OTHER_NAME, facts, inside, mark, outside, seats, settings

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.decide_group import decide_group
from mysql_k8s.agent.facts import Facts, Mark, Silent
from mysql_k8s.agent.health_group import judge_group
from mysql_k8s.agent.setbacks import ApplyFailure, Setbacks
from mysql_k8s.agent.settings import ForceStart
from mysql_k8s.agent.volume import MIB, Volume

DOWN = Silent("db-x: timed out")
NO_CLAIM = Silent("db-x: unknown host", claim_exists=False)
FULL = Volume(free=10 * MIB, total=1024 * MIB)
ALL = seats(0, 1, 2)
PRIMARY_0 = inside(0, "9:1-9", ALL)
SECONDARY_1 = inside(1, "9:1-9", ALL)
SECONDARY_2 = inside(2, "9:1-9", ALL)
ALONE = seats(0, gone=(1, 2))
FORCED = settings(force=ForceStart(1, "7"))
JOINING = tuple(replace(seat, state="RECOVERING") for seat in seats(None, 1, 2))
FAILURE = ApplyFailure("00000009-0000-4000-8000-000000000000:6", "2026-11-22 01:02:03", "Can't find record in 't'")
ONCE, TWICE = Setbacks(FAILURE, tries=1), Setbacks(FAILURE, tries=2)
STOPPING_1 = inside(1, "9:1-9", ALL, stopping=True)

CASES: dict[str, tuple[Facts, act.Action | type[act.Action]]] = {
    # --- nothing can be decided yet
    "mysqld is down": (facts(None), act.Wait),
    "a clone is under way": (facts(local(outside(1), cloning=True), PRIMARY_0), act.Wait),
    "joining is under way": (facts(local(outside(1, "9:1-5"), busy="joining"), PRIMARY_0), act.Wait("joining")),
    "a crash left the permission to found": (facts(local(PRIMARY_0, armed=True)), act.Disarm),
    "not while founding": (facts(local(outside(0, "9:1"), armed=True, busy="starting")), act.Wait),
    "a crash left a private window open": (facts(local(outside(0, "9:1"), offline=True)), act.Close),
    # --- the first start of all
    "all are empty": (facts(local(outside(0)), outside(1), outside(2)), act.Bootstrap),
    "others never existed": (facts(local(outside(0)), NO_CLAIM, NO_CLAIM), act.Bootstrap),
    "one might hold data": (facts(local(outside(0)), outside(1), DOWN), act.Wait),
    "only member 0 founds from nothing": (facts(local(outside(1)), outside(0), outside(2)), act.Wait),
    "the claims remember more": (
        facts(local(outside(0)), outside(1), outside(2), mark=mark("9:1-3")),
        act.Blocked,
    ),
    "what the claims remember cannot be read": (
        facts(local(outside(0)), outside(1), outside(2), mark=Mark(readable=False)),
        act.Wait,
    ),
    "killed while recording the group": (
        facts(local(outside(0, "0:1", bootstrapped=False)), outside(1), outside(2)),
        act.Bootstrap,
    ),
    "data without a group on another member": (
        facts(local(outside(0)), outside(1, "1:1", bootstrapped=False), outside(2)),
        act.Blocked,
    ),
    "another topology's data": (
        facts(local(outside(0, "0:1-9", bootstrapped=False), primary_uuid=UUIDS[0]), outside(1), outside(2)),
        act.Blocked,
    ),
    "recorded, then founded": (facts(local(outside(0, "0:1-3")), outside(1), outside(2)), act.StartGroup),
    "accounts first": (
        facts(local(outside(0, "0:1-3"), accounts_in_order=False), outside(1), outside(2)),
        act.AlignAccounts,
    ),
    # --- a total outage
    "the newest founds": (
        facts(local(outside(1, "9:1-9")), outside(0, "9:1-8"), outside(2, "9:1-7")),
        act.StartGroup,
    ),
    "another one is newer": (
        facts(local(outside(1, "9:1-8")), outside(0, "9:1-7"), outside(2, "9:1-9")),
        act.Wait("waiting for db-2 to start the group", 90.0),
    ),
    "received counts as held": (
        facts(local(outside(1, "9:1-8")), outside(0, "9:1-7", received="9:8-9"), outside(2, "9:1-8")),
        act.Wait("waiting for db-0 to start the group", 90.0),
    ),
    "among equals the lowest": (
        facts(local(outside(1, "9:1-9")), outside(0, "9:1-9"), outside(2, "9:1-9")),
        act.Wait("waiting for db-0 to start the group", 90.0),
    ),
    "not before all have reported": (facts(local(outside(0, "9:1-9")), outside(1, "9:1-8"), DOWN), act.Wait),
    "a member without a claim has nothing": (
        facts(local(outside(0, "9:1-9")), outside(1, "9:1-8"), NO_CLAIM),
        act.StartGroup,
    ),
    "a volume was lost, the others have it all": (
        facts(local(outside(1, "9:1-9")), outside(0), outside(2, "9:1-9"), mark=mark("9:1-9")),
        act.StartGroup,
    ),
    "the newest volume was lost": (
        facts(local(outside(1, "9:1-7")), outside(0), outside(2, "9:1-6"), mark=mark("9:1-9")),
        act.Blocked,
    ),
    "an empty member never founds beside data": (
        facts(local(outside(0)), outside(1, "9:1-7"), outside(2)),
        act.Wait("waiting for db-1 to start the group", 90.0),
    ),
    "two members diverged": (
        facts(local(outside(0, "9:1-7 0:1")), outside(1, "9:1-9"), outside(2, "9:1-9")),
        act.Blocked,
    ),
    "one is still in a group without a majority": (
        facts(local(outside(1, "9:1-9")), inside(0, "9:1-9", ALONE), outside(2, "9:1-9")),
        act.Wait,
    ),
    "one has not cleared up yet": (
        facts(local(outside(1, "9:1-9")), outside(0, "9:1-8", state="ERROR"), outside(2, "9:1-9")),
        act.Wait,
    ),
    # --- a person's order
    "the order names another member": (facts(local(outside(0, "9:1-9")), DOWN, DOWN, settings=FORCED), act.Wait),
    "the order is obeyed": (facts(local(outside(1, "9:1-8")), DOWN, DOWN, settings=FORCED), act.StartGroup),
    "also against what the claims remember": (
        facts(local(outside(1, "9:1-8")), outside(0), outside(2), settings=FORCED, mark=mark("9:1-9")),
        act.StartGroup,
    ),
    "the order is of an earlier epoch": (
        facts(local(outside(1, "9:1-8", epoch="8")), DOWN, DOWN, settings=FORCED),
        act.Wait,
    ),
    "an order starts nothing from nothing": (facts(local(outside(1)), DOWN, DOWN, settings=FORCED), act.Wait),
    "an order starts nothing beside a group that runs": (
        facts(local(outside(1, "9:1-8")), PRIMARY_0, SECONDARY_2, settings=FORCED),
        act.Wait,  # the group still counts this member
    ),
    # --- joining
    "its data is a part of the group's": (
        facts(local(outside(1, "9:1-5")), inside(0, "9:1-9", seats(0, 2)), inside(2, "9:1-9", seats(0, 2))),
        act.JoinGroup(NAME),
    ),
    "what it lacks is purged everywhere": (
        facts(local(outside(1, "9:1-5")), inside(0, "9:1-9", seats(0), purged="9:1-6"), DOWN),
        act.Blocked,
    ),
    "one donor still has it": (
        facts(
            local(outside(1, "9:1-5")),
            inside(0, "9:1-9", seats(0, 2), purged="9:1-6"),
            inside(2, "9:1-9", seats(0, 2), purged="9:1-5"),
        ),
        act.JoinGroup,
    ),
    "errant transactions": (
        facts(local(outside(1, "9:1-5 1:1")), inside(0, "9:1-9", seats(0)), DOWN),
        act.Blocked,
    ),
    "perhaps errant, the primary does not say": (
        facts(local(outside(1, "9:1-9")), DOWN, inside(2, "9:1-8", seats(0, 2))),
        act.Wait,
    ),
    "the group has received it, but not applied": (
        facts(local(outside(1, "9:1-9")), inside(0, "9:1-8", seats(0), received="9:9"), DOWN),
        act.JoinGroup,
    ),
    "another group's data": (
        facts(local(outside(1, "9:1-5", name=OTHER_NAME)), inside(0, "9:1-9", seats(0)), DOWN),
        act.Blocked,
    ),
    "the group has not noticed its restart": (facts(local(outside(1, "9:1-5")), PRIMARY_0, SECONDARY_2), act.Wait),
    "accounts before joining": (
        facts(local(outside(1), accounts_in_order=False), inside(0, "9:1-9", seats(0)), DOWN),
        act.AlignAccounts,
    ),
    "one after the other": (
        facts(local(outside(2, "9:1-5")), inside(0, "9:1-9", seats(0)), outside(1, "9:1-5")),
        act.Wait("waiting for db-1 to join first"),
    ),
    "the lowest is first": (
        facts(local(outside(1, "9:1-5")), inside(0, "9:1-9", seats(0)), outside(2, "9:1-5")),
        act.JoinGroup,
    ),
    "not for ever": (
        facts(local(outside(2, "9:1-5")), inside(0, "9:1-9", seats(0)), outside(1, "9:1-5"), same_seconds=21),
        act.JoinGroup,
    ),
    "not for one that needs a person": (
        facts(local(outside(2, "9:1-5")), inside(0, "9:1-9", seats(0)), outside(1, "9:1-5", healthy=False)),
        act.JoinGroup,
    ),
    "empty, few transactions": (
        facts(local(outside(1)), inside(0, "9:1-9", seats(0)), DOWN),
        act.JoinGroup(NAME),
    ),
    "empty, many transactions": (
        facts(local(outside(1)), inside(0, "9:1-200", seats(0, 2)), inside(2, "9:1-200", seats(0, 2))),
        act.Clone(2, "taking all data from db-2"),
    ),
    "empty, the beginning is purged": (
        facts(local(outside(1)), inside(0, "9:1-9", seats(0), purged="9:1-2"), DOWN),
        act.Clone(0, "taking all data from db-0"),
    ),
    "no room to join": (
        facts(local(outside(1, "9:1-5")), inside(0, "9:1-9", seats(0)), DOWN, volume=FULL),
        act.Blocked,
    ),
    "what failed is cleared up first": (facts(local(outside(1, "9:1-5", state="ERROR")), PRIMARY_0), act.LeaveGroup),
    "applying failed, and may have been an accident": (
        facts(local(outside(1, "9:1-5"), apply_failure=FAILURE), inside(0, "9:1-9", seats(0)), DOWN, setbacks=ONCE),
        act.JoinGroup,
    ),
    "applying fails at the same transaction again": (
        facts(local(outside(1, "9:1-5"), apply_failure=FAILURE), inside(0, "9:1-9", seats(0)), DOWN, setbacks=TWICE),
        act.Blocked,
    ),
    "it failed before mysqld was started again": (
        facts(local(outside(1, "9:1-5")), inside(0, "9:1-9", seats(0)), DOWN, setbacks=TWICE),
        act.JoinGroup,
    ),
    "the newest of all cannot apply what it holds": (
        facts(
            local(outside(1, "9:1-5", received="9:6-9"), apply_failure=FAILURE),
            outside(0, "9:1-5"),
            outside(2, "9:1-5"),
            setbacks=TWICE,
        ),
        act.Blocked,
    ),
    "somebody opened a member by hand": (
        facts(local(outside(1, "9:1-5", writable=True)), inside(0, "9:1-9", seats(0)), DOWN),
        act.MakeReadOnly,
    ),
    # --- inside
    "the primary serves": (facts(local(PRIMARY_0), SECONDARY_1, SECONDARY_2), act.Steady),
    "a secondary serves": (facts(local(SECONDARY_1), PRIMARY_0, SECONDARY_2), act.Steady),
    "catching up": (facts(local(inside(1, "9:1-5", ALL, state="RECOVERING")), PRIMARY_0), act.Wait),
    "nobody is left to catch up with": (
        facts(
            local(inside(1, "9:1-5", JOINING, state="RECOVERING")), DOWN, inside(2, "9:1", JOINING, state="RECOVERING")
        ),
        act.LeaveGroup,
    ),
    "founding, it catches up with itself": (
        facts(local(inside(0, "9:1-5", JOINING[:1], state="RECOVERING")), outside(1), outside(2)),
        act.Wait,
    ),
    "founding, it applies its backlog": (
        facts(
            local(inside(0, "9:1-5", JOINING[:1], state="RECOVERING", received="9:6")),
            outside(1),
            outside(2),
            same_seconds=600,
        ),
        act.Wait,
    ),
    "alone, and nothing goes on": (
        facts(local(inside(1, "9:1-5", JOINING[:1], state="RECOVERING")), outside(0), outside(2), same_seconds=6),
        act.LeaveGroup,
    ),
    "a new start is recorded first": (
        facts(local(inside(0, "9:1-9", ALL, epoch="6")), SECONDARY_1, SECONDARY_2),
        act.RecordEpoch,
    ),
    "changed passwords go through the group": (
        facts(local(PRIMARY_0, accounts_in_order=False), SECONDARY_1),
        act.AlignThroughGroup,
    ),
    "a secondary leaves them to the primary": (
        facts(local(SECONDARY_1, accounts_in_order=False), PRIMARY_0),
        act.Steady,
    ),
    "declared users": (facts(local(PRIMARY_0, declared_in_order=False), SECONDARY_1), act.Declare),
    "an elected primary applies first": (
        facts(local(inside(0, "9:1-8", ALL, received="9:9", writable=False)), SECONDARY_1, same_seconds=60),
        act.Wait,
    ),
    "closed, and nothing to apply": (
        facts(local(inside(0, "9:1-9", ALL, writable=False)), SECONDARY_1, same_seconds=11),
        act.MakeWritable,
    ),
    "closed a moment ago": (facts(local(inside(0, "9:1-9", ALL, writable=False)), same_seconds=9), act.Wait),
    "no majority": (facts(local(inside(0, "9:1-9", ALONE)), DOWN, DOWN), act.RefuseClients),
    "no majority, clients refused": (facts(local(inside(0, "9:1-9", ALONE), offline=True), DOWN, DOWN), act.Wait),
    "a majority again": (facts(local(PRIMARY_0, offline=True), SECONDARY_1, SECONDARY_2), act.AdmitClients),
    "expelled, and the last to learn of it": (
        facts(local(PRIMARY_0, offline=True), inside(1, "9:1-9", seats(1, 2)), inside(2, "9:1-9", seats(1, 2))),
        act.Wait,
    ),
    "nobody confirms it": (facts(local(PRIMARY_0, offline=True), DOWN, DOWN), act.Wait),
    "succeeded while it stood still, and the last to learn of it": (
        facts(local(PRIMARY_0), inside(1, "9:1-9", seats(1, 2)), inside(2, "9:1-9", seats(1, 2)), seconds_up=1.0),
        act.Wait,
    ),
    "stood still, and nobody says that it was succeeded": (
        facts(local(PRIMARY_0), DOWN, DOWN, seconds_up=1.0),
        act.Wait,
    ),
    "stood still long ago": (facts(local(PRIMARY_0), DOWN, DOWN, seconds_up=13.0), act.Steady),
    "stood still, and the others confirm it": (facts(local(PRIMARY_0), SECONDARY_1, SECONDARY_2), act.Steady),
    "nobody could have succeeded it": (
        facts(local(inside(0, "9:1-9", (*seats(0), *JOINING))), DOWN, DOWN, seconds_up=1.0),
        act.Steady,
    ),
    "alone by right": (facts(local(inside(0, "9:1-9", seats(0)), offline=True), DOWN, DOWN), act.AdmitClients),
    "its volume is full": (facts(local(PRIMARY_0), SECONDARY_1, volume=FULL), act.MakeReadOnly),
    "still full": (facts(local(inside(0, "9:1-9", ALL, writable=False)), SECONDARY_1, volume=FULL), act.Blocked),
    "a secondary's volume is full": (facts(local(SECONDARY_1), PRIMARY_0, volume=FULL), act.Blocked),
    # --- stopping
    "the role is handed over": (
        facts(local(PRIMARY_0), SECONDARY_1, SECONDARY_2, stopping_seconds=2.0),
        act.HandOver(1, UUIDS[1], "handing the primary's role over to db-1"),
    ),
    "its label is off for a moment before that": (
        facts(local(PRIMARY_0), SECONDARY_1, SECONDARY_2, stopping_seconds=1.0),
        act.Wait,
    ),
    "not to one that stops": (
        facts(local(PRIMARY_0), STOPPING_1, SECONDARY_2, stopping_seconds=2.0),
        act.HandOver(2, UUIDS[2], "handing the primary's role over to db-2"),
    ),
    "not to one that waits for a person": (
        facts(local(PRIMARY_0), inside(1, "9:1-9", ALL, healthy=False), SECONDARY_2, stopping_seconds=2.0),
        act.HandOver,
    ),
    "nobody to hand over to": (
        facts(local(PRIMARY_0), STOPPING_1, inside(2, "9:1", ALL, stopping=True), stopping_seconds=0.0),
        act.LeaveGroup,
    ),
    "a member is about to be able": (
        facts(
            local(inside(0, "9:1-9", seats(0))),
            inside(1, "9:1-5", seats(0), state="RECOVERING"),
            DOWN,
            stopping_seconds=1.0,
        ),
        act.Wait,
    ),
    "a secondary leaves": (facts(local(SECONDARY_1), PRIMARY_0, stopping_seconds=0.0), act.LeaveGroup),
    "left": (facts(local(outside(1, "9:1-9")), PRIMARY_0, stopping_seconds=4.0), act.AllowStop),
    "a step under way delays it": (facts(local(outside(1), busy="x"), PRIMARY_0, stopping_seconds=4.0), act.Wait),
    "but not for ever": (facts(local(PRIMARY_0, busy="x"), SECONDARY_1, stopping_seconds=31.0), act.AllowStop),
    "stopping without mysqld": (facts(None, stopping_seconds=0.0), act.AllowStop),
}


@pytest.mark.parametrize("case", CASES)
def test_decision(case: str) -> None:
    given, expected = CASES[case]
    decided = decide_group(given)
    if isinstance(expected, type):
        assert isinstance(decided, expected), decided
    else:
        assert decided == expected


def test_waiting_tells_the_order_that_would_end_it() -> None:
    decided = decide_group(facts(local(outside(0, "9:1-8")), outside(1, "9:1-9"), DOWN))
    assert "db-2 may hold the newest transactions" in decided.doing
    assert "topology.force_start: {member: 1, epoch: '7'}" in decided.doing


ROLES = {
    "the primary": (facts(local(PRIMARY_0), SECONDARY_1), "primary", True),
    "a secondary": (facts(local(SECONDARY_1), PRIMARY_0), "replica", True),
    "a secondary that lags": (facts(local(SECONDARY_1), PRIMARY_0, lag_seconds=31.0), "replica", False),
    "mysqld is down": (facts(None), None, False),
    "outside": (facts(local(outside(1, "9:1-5")), PRIMARY_0), None, False),
    "no majority": (facts(local(inside(0, "9:1-9", ALONE)), DOWN, DOWN), None, False),
    "clients are still refused": (facts(local(PRIMARY_0, offline=True), SECONDARY_1), None, False),
    "elected, not open yet": (facts(local(inside(0, "9:1-9", ALL, writable=False)), SECONDARY_1), "replica", True),
    "a start that is not recorded": (facts(local(inside(0, "9:1-9", ALL, epoch="6")), SECONDARY_1), "replica", True),
    "the very first moment": (facts(local(inside(0, "9:1-9", ALL, epoch="")), SECONDARY_1), None, False),
    "doubted": (facts(local(PRIMARY_0), DOWN, inside(2, "9:1-9", seats(1, 2))), None, False),
    "stopping, and still the primary": (facts(local(PRIMARY_0), SECONDARY_1, stopping_seconds=0.0), None, True),
    "being deleted, and still the primary": (
        facts(local(PRIMARY_0), SECONDARY_1, stopping_seconds=0.0, being_deleted=True),
        "primary",
        True,
    ),
    "being deleted, the role handed over": (
        facts(local(SECONDARY_1), PRIMARY_0, stopping_seconds=2.0, being_deleted=True),
        None,
        False,
    ),
    "being deleted, without a majority": (
        facts(local(inside(0, "9:1-9", ALONE), offline=True), DOWN, stopping_seconds=0.0, being_deleted=True),
        None,
        False,
    ),
    "stopping, the role handed over": (facts(local(SECONDARY_1), PRIMARY_0, stopping_seconds=0.0), None, False),
    "full": (facts(local(PRIMARY_0), SECONDARY_1, volume=FULL), None, False),
    "catching up": (facts(local(inside(1, "9:1", ALL, state="RECOVERING")), PRIMARY_0), None, False),
}


@pytest.mark.parametrize("case", ROLES)
def test_role(case: str) -> None:
    given, role, ready = ROLES[case]
    health = judge_group(given, decide_group(given))
    assert (health.role, health.ready) == (role, ready), health
