"""The decision table of a Galera cluster, case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from galera_facts import HISTORY, OTHER_HISTORY, alone, facts, inside, joining, local, mark, settings, waiting

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.decide_galera import decide_galera
from mysql_k8s.agent.facts import Facts, Mark, Silent
from mysql_k8s.agent.galera import ABORTED, DONOR, FOREIGN, WHOLE
from mysql_k8s.agent.health_galera import judge_galera
from mysql_k8s.agent.settings import ForceStart
from mysql_k8s.agent.volume import MIB, Volume

DOWN = Silent("db-x: timed out")
NO_CLAIM = Silent("db-x: unknown host", claim_exists=False)
FULL = Volume(free=10 * MIB, total=1024 * MIB)
CLOSED_0 = inside(0, 9, writable=False)
FORCED = settings(force=ForceStart(1, HISTORY))
STOPPING_1 = inside(1, 9, stopping=True)
WITHOUT_1 = (inside(0, 9, (0, 2)), inside(2, 9, (0, 2)))
WITHOUT_2 = (inside(0, 9, (0, 1)), inside(1, 9, (0, 1)))
"""The cluster as the others report it after it has given a member up."""
EVERYWHERE = settings(all_write=True)

CASES: dict[str, tuple[Facts, act.Action | type[act.Action]]] = {
    # --- the first start of all
    "nothing is known yet": (facts(None), act.Wait),
    "all are empty": (facts(local(waiting(0)), waiting(1), waiting(2)), act.StartGroup),
    "others never existed": (facts(local(waiting(0)), NO_CLAIM, NO_CLAIM), act.StartGroup),
    "one might hold data": (facts(local(waiting(0)), waiting(1), DOWN), act.Wait),
    "only member 0 founds from nothing": (facts(local(waiting(1)), waiting(0), waiting(2)), act.Wait),
    "the claims remember more": (facts(local(waiting(0)), waiting(1), waiting(2), mark=mark(3)), act.Blocked),
    "what the claims remember cannot be read": (
        facts(local(waiting(0)), waiting(1), waiting(2), mark=Mark(readable=False)),
        act.Wait,
    ),
    "an unfinished transfer founds nothing": (
        facts(local(waiting(0), kind=ABORTED), waiting(1), waiting(2)),
        act.Blocked,
    ),
    "data without a position founds nothing": (
        facts(local(waiting(0), kind=WHOLE), waiting(1), waiting(2)),
        act.Blocked,
    ),
    "another topology's data": (facts(local(waiting(0), kind=FOREIGN), waiting(1), waiting(2)), act.Blocked),
    "another topology's data does not join": (facts(local(waiting(1), kind=FOREIGN), inside(0, 9), DOWN), act.Blocked),
    # --- a total outage
    "the newest founds": (facts(local(waiting(1, 9)), waiting(0, 8), waiting(2, 7)), act.StartGroup),
    "another one is newer": (
        facts(local(waiting(1, 8)), waiting(0, 7), waiting(2, 9)),
        act.Wait("waiting for db-2 to start the cluster", 90.0),
    ),
    "of equals the first founds": (facts(local(waiting(0, 9)), waiting(1, 9), waiting(2, 9)), act.StartGroup),
    "of equals the others wait": (facts(local(waiting(1, 9)), waiting(0, 9), waiting(2, 9)), act.Wait),
    "the newest may be silent": (facts(local(waiting(1, 9)), waiting(0, 8), DOWN), act.Wait),
    "a claim that never was is not waited for": (facts(local(waiting(1, 9)), waiting(0, 8), NO_CLAIM), act.StartGroup),
    "an unfinished transfer beside data": (facts(local(waiting(1, 9)), waiting(0), waiting(2)), act.StartGroup),
    "less than the claims remember": (
        facts(local(waiting(1, 9)), waiting(0, 8), waiting(2, 7), mark=mark(10)),
        act.Blocked,
    ),
    "two histories": (
        facts(local(waiting(1, 9)), waiting(0, 8, history=OTHER_HISTORY), waiting(2, 7)),
        act.Blocked,
    ),
    "one is still running alone": (facts(local(waiting(1, 9)), alone(0, 9), waiting(2, 9)), act.Wait),
    "one is still joining what is gone": (facts(local(waiting(1, 9)), joining(0, 9), waiting(2, 9)), act.Wait),
    # --- a person's order
    "forced": (facts(local(waiting(1, 9)), waiting(0, 8), DOWN, settings=FORCED), act.StartAnew),
    "forced, but another member": (facts(local(waiting(0, 9)), waiting(1, 8), DOWN, settings=FORCED), act.Wait),
    "forced in a history that is over": (
        facts(local(waiting(1, 9, history=OTHER_HISTORY)), waiting(0, 8), DOWN, settings=FORCED),
        act.Wait,
    ),
    "a cluster runs after all": (facts(local(waiting(1, 9)), *WITHOUT_1, settings=FORCED), act.JoinCluster),
    "forced while alone": (facts(local(alone(1, 9)), DOWN, DOWN, settings=FORCED), act.LeaveGroup),
    # --- joining
    "an empty member joins": (
        facts(local(waiting(1)), *WITHOUT_1),
        act.JoinCluster((2, 0)),
    ),
    "a restarted member joins": (facts(local(waiting(2, 5)), *WITHOUT_2), act.JoinCluster((1, 0))),
    "its last process is still in the view": (
        facts(local(waiting(2, 5)), inside(0, 9), inside(1, 9), same_seconds=29.0),
        act.Wait("waiting for the cluster to give up the mariadbd that this member had before"),
    ),
    "nobody gives its last process up": (
        facts(local(waiting(2, 5)), inside(0, 9), inside(1, 9), same_seconds=31.0),
        act.JoinCluster((1, 0)),
    ),
    "what a transfer left joins": (
        facts(local(waiting(1), kind=ABORTED), *WITHOUT_1),
        act.JoinCluster((2, 0)),
    ),
    "a healthy member sends": (
        facts(local(waiting(2, 5)), inside(0, 9, (0, 1)), inside(1, 9, (0, 1), healthy=False)),
        act.JoinCluster((0,)),
    ),
    "more than the cluster reports": (facts(local(waiting(1, 10)), *WITHOUT_1), act.Wait),
    "another history": (
        facts(local(waiting(1, 5, history=OTHER_HISTORY)), *WITHOUT_1),
        act.Blocked,
    ),
    "too many transfers failed": (facts(local(waiting(1), failed=3), *WITHOUT_1), act.Blocked),
    "no room": (facts(local(waiting(1, 5)), *WITHOUT_1, volume=FULL), act.Blocked),
    "one sender, one transfer": (facts(local(waiting(2, 5)), inside(0, 9, (0, 1)), joining(1)), act.Wait),
    "two senders": (
        facts(local(waiting(2)), *WITHOUT_2, DOWN, joining(4), settings=settings(members=5)),
        act.JoinCluster((1, 0)),
    ),
    "by ordinal": (facts(local(waiting(2, 5)), inside(0, 9, (0, 1)), waiting(1, 5)), act.Wait),
    "the first one takes long": (
        facts(local(waiting(2, 5)), inside(0, 9, (0, 1)), waiting(1, 5), same_seconds=21.0),
        act.JoinCluster((0,)),
    ),
    "joining": (facts(local(joining(1)), inside(0, 9), inside(2, 9)), act.Wait("joining the cluster")),
    # --- in the cluster
    "nobody takes the writes yet": (
        facts(local(inside(0, 1, (0,), writer=None, writable=False), writer=None), DOWN, DOWN),
        act.RecordPrimary,
    ),
    "the accounts first": (facts(local(CLOSED_0, accounts_in_order=False), DOWN, DOWN), act.AlignThroughGroup),
    "then what is declared": (facts(local(CLOSED_0, declared_in_order=False), DOWN, DOWN), act.Declare),
    "then clients": (facts(local(CLOSED_0), DOWN, DOWN), act.MakeWritable),
    "serving": (facts(local(inside(0, 9)), inside(1, 9), inside(2, 9)), act.Steady("serving writes")),
    "an open volume that is full": (facts(local(inside(0, 9)), DOWN, DOWN, volume=FULL), act.MakeReadOnly),
    "a closed one": (facts(local(CLOSED_0), DOWN, DOWN, volume=FULL), act.Blocked),
    "another one takes the writes": (facts(local(inside(1, 9)), inside(0, 9), inside(2, 9)), act.Steady),
    "it was the one once": (
        facts(local(inside(1, 9, writable=True)), inside(0, 9), inside(2, 9)),
        act.MakeReadOnly,
    ),
    "the writer is gone": (
        facts(local(inside(1, 9, (1, 2), writer=0)), DOWN, inside(2, 9, (1, 2), writer=0)),
        act.RecordPrimary,
    ),
    "the writer is back, but has to catch up": (
        facts(local(inside(1, 9)), joining(0, 5), inside(2, 9)),
        act.RecordPrimary,
    ),
    "the writer's agent is silent": (facts(local(inside(1, 9)), DOWN, inside(2, 9)), act.Steady),
    "the lowest ordinal succeeds": (
        facts(local(inside(2, 9, (1, 2), writer=0)), DOWN, inside(1, 9, (1, 2), writer=0)),
        act.Wait,
    ),
    "not one that stops": (
        facts(local(inside(2, 9, (1, 2), writer=0)), DOWN, inside(1, 9, (1, 2), writer=0, stopping=True)),
        act.RecordPrimary,
    ),
    "not one whose agent is silent": (
        facts(local(inside(2, 9, (1, 2), writer=0)), DOWN, DOWN),
        act.RecordPrimary,
    ),
    "nor a full one": (
        facts(local(inside(1, 9, (1, 2), writer=0)), DOWN, inside(2, 9, (1, 2), writer=0), volume=FULL),
        act.Wait,
    ),
    # --- all write
    "all write: not before the accounts are there": (
        facts(local(inside(1, 9)), CLOSED_0, inside(2, 9), settings=EVERYWHERE),
        act.Wait,
    ),
    "all write: after the first": (
        facts(local(inside(1, 9)), inside(0, 9), inside(2, 9), settings=EVERYWHERE),
        act.MakeWritable,
    ),
    "all write": (
        facts(local(inside(1, 9, writable=True)), inside(0, 9), inside(2, 9), settings=EVERYWHERE),
        act.Steady,
    ),
    "all write: a full volume": (
        facts(local(inside(1, 9, writable=True)), inside(0, 9), inside(2, 9), settings=EVERYWHERE, volume=FULL),
        act.MakeReadOnly,
    ),
    # --- alone
    "cut off while open": (facts(local(alone(0, 9, writable=True)), DOWN, DOWN), act.RefuseClients),
    "the others may come back": (facts(local(alone(0, 9)), DOWN, waiting(2, 9)), act.Wait),
    "a majority goes on elsewhere": (facts(local(alone(0, 9)), inside(1, 9, (1, 2)), waiting(2, 9)), act.Wait),
    "the others were restarted": (facts(local(alone(0, 9)), waiting(1, 9), waiting(2, 9)), act.LeaveGroup),
    # --- stopping
    "stopping, down": (facts(None, stopping_seconds=0.0), act.AllowStop),
    "the writer stops": (
        facts(local(inside(0, 9)), inside(1, 9), inside(2, 9), stopping_seconds=2.0),
        act.HandOver(1, "db-1", "handing the writes over to db-1"),
    ),
    "kube-proxy has just passed on that the writer stops": (
        facts(local(inside(0, 9)), inside(1, 9), inside(2, 9), stopping_seconds=1.0),
        act.Wait,
    ),
    "the first heir stops, too": (
        facts(local(inside(0, 9)), STOPPING_1, inside(2, 9), stopping_seconds=2.0),
        act.HandOver(2, "db-2", "handing the writes over to db-2"),
    ),
    "an heir is on its way": (
        facts(local(inside(0, 9, (0,))), joining(1), DOWN, stopping_seconds=0.0),
        act.Wait,
    ),
    "no heir": (facts(local(inside(0, 9, (0,))), DOWN, DOWN, stopping_seconds=0.0), act.AllowStop),
    "no heir in time": (
        facts(local(inside(0, 9)), inside(1, 9), inside(2, 9), stopping_seconds=31.0),
        act.AllowStop,
    ),
    "a reader stops": (facts(local(inside(1, 9)), inside(0, 9), stopping_seconds=0.0), act.AllowStop),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_decision(case: str) -> None:
    given, expected = CASES[case]
    action = decide_galera(given)
    if isinstance(expected, type):
        assert isinstance(action, expected), action
    else:
        assert action == expected


def test_waiting_for_the_newest_names_the_order_that_a_person_may_give() -> None:
    action = decide_galera(facts(local(waiting(1, 9)), waiting(0, 8), DOWN))
    assert f"topology.force_start: {{member: 1, epoch: '{HISTORY}'}}" in action.doing


READER = local(inside(1, 9))
OTHERS = (inside(0, 9), inside(2, 9))


@pytest.mark.parametrize(
    ("given", "role", "ready"),
    [
        (facts(local(inside(0, 9)), *OTHERS[1:]), "primary", True),
        (facts(local(CLOSED_0)), "replica", True),
        (facts(local(inside(0, 9, (0,), writable=False))), None, True),
        (facts(READER, *OTHERS), "replica", True),
        (facts(READER, *OTHERS, lag_seconds=31.0), "replica", False),
        (facts(local(inside(1, 9), queue=100.5), *OTHERS), "replica", False),
        (facts(local(inside(1, 9), state=DONOR), *OTHERS), "replica", True),
        (facts(local(inside(1, 9), state=DONOR), *OTHERS, settings=settings(donor_leaves=True)), "replica", False),
        (facts(local(inside(1, 9, writable=True)), *OTHERS, settings=EVERYWHERE), "primary", True),
        (facts(local(joining(1)), *OTHERS), None, False),
        (facts(local(waiting(1, 9)), *OTHERS), None, False),
        (facts(local(alone(1, 9)), *OTHERS), None, False),
        (facts(READER, *OTHERS, stopping_seconds=1.0, being_deleted=True), None, False),
        (facts(local(inside(0, 9, writable=True)), *OTHERS, stopping_seconds=1.0), None, False),
        (facts(local(inside(0, 9, writable=True)), stopping_seconds=1.0, being_deleted=True), "primary", True),
        (facts(local(alone(0, 9, writable=True)), stopping_seconds=1.0, being_deleted=True), None, False),
        (facts(None), None, False),
    ],
)
def test_health(given: Facts, role: str | None, ready: bool) -> None:
    health = judge_galera(given, decide_galera(given))
    assert (health.role, health.ready) == (role, ready)


def test_a_blocked_writer_serves_nobody() -> None:
    full = replace(facts(local(CLOSED_0)), volume=FULL)
    assert judge_galera(full, decide_galera(full)).ready is False
