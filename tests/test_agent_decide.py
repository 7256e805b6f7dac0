"""The decision table of primary/replica topologies, case by case."""

from __future__ import annotations

import pytest
from agent_facts import UUIDS, facts, following, local, report, settings

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.decide import decide
from mysql_k8s.agent.facts import Facts, Silent
from mysql_k8s.agent.volume import MIB, Volume

DOWN = Silent("db-x: timed out")
NO_CLAIM = Silent("db-x: unknown host", claim_exists=False)
SEMI_SYNC = settings(durability="semi-sync")
GIB = 1024**3
FULL = Volume(free=50 * MIB, total=2 * GIB)
TIGHT = Volume(free=150 * MIB, total=2 * GIB)
ROOMY = Volume(free=GIB, total=2 * GIB)
PRIMARY_0 = report(0, "0:1-9", writable=True)
WAITING_0 = report(0, "0:1-9", writable=True, unacknowledged_seconds=3)


def primary(executed: str = "0:1-9", **changes: object) -> object:
    return local(report(0, executed), **({"primary_uuid": UUIDS[0]} | changes))


CASES: dict[str, tuple[Facts, act.Action | type[act.Action]]] = {
    # --- nothing can be decided yet
    "mysqld is down": (facts(None), act.Wait),
    "a clone is under way": (facts(local(report(1), cloning=True), report(0, "0:1-9")), act.Wait),
    "a crash left a private window open": (facts(local(report(0, "0:1"), offline=True)), act.Close),
    # --- the first start of all
    "standalone starts from nothing": (facts(local(report(0)), settings=settings(members=1)), act.Bootstrap),
    "all are empty": (facts(local(report(0)), report(1), report(2)), act.Bootstrap),
    "ordered start: the others never existed": (facts(local(report(0)), NO_CLAIM, NO_CLAIM), act.Bootstrap),
    "one might hold data": (facts(local(report(0)), report(1), DOWN), act.Wait),
    "a replica waits for the primary": (facts(local(report(1)), report(0), report(2)), act.Wait),
    "a primary that is not bootstrapped is no donor": (
        facts(local(report(1)), report(0, "0:1", bootstrapped=False), report(2)),
        act.Wait,
    ),
    # --- the primary's volume is gone
    "the newest replica gives its data": (
        facts(local(report(0)), report(1, "4:1-5"), report(2, "4:1-7")),
        act.Clone(2, "taking the newest data, from db-2"),
    ),
    "received counts as held": (
        facts(local(report(0)), report(1, "4:1-5"), report(2, "4:1-4", received="4:5-7")),
        act.Wait,
    ),
    "the newest cannot be known": (facts(local(report(0)), report(1, "4:1-5"), DOWN), act.Wait),
    "two members diverged": (facts(local(report(0)), report(1, "4:1-5 1:1"), report(2, "4:1-7")), act.Blocked),
    # --- becoming the primary
    "its own restart, all heard": (facts(primary(), report(1, "0:1-9"), report(2, "0:1-9")), act.MakeWritable),
    "its own restart, one unheard, at first": (facts(primary(), report(1, "0:1-9"), DOWN, seconds_up=9), act.Wait),
    "its own restart, one unheard, later": (
        facts(primary(), report(1, "0:1-9"), DOWN, seconds_up=10),
        act.MakeWritable,
    ),
    "a new volume, one unheard, however long": (
        facts(primary("4:1-9", primary_uuid=UUIDS[4]), report(1, "4:1-9"), DOWN, seconds_up=9999),
        act.Wait,
    ),
    "a new volume, all heard": (
        facts(primary("4:1-9", primary_uuid=UUIDS[4]), report(1, "4:1-9"), report(2, "4:1-9")),
        act.RecordPrimary,
    ),
    "a volume set back in time": (
        facts(primary("0:1-5"), report(1, "0:1-9"), report(2, "0:1-8")),
        act.Follow(1, "catching up from db-1 before opening for writes"),
    ),
    "a volume set back, catching up": (
        facts(
            primary("0:1-5", channel=following("db-1.db.shop.svc")),
            report(1, "0:1-9"),
            report(2, "0:1-8"),
        ),
        act.Wait,
    ),
    "a volume set back, its past purged": (
        facts(primary("0:1-5"), report(1, "0:1-9", purged="0:1-7"), report(2, "0:1-8")),
        act.Blocked,
    ),
    "a volume set back that diverged too": (
        facts(primary("0:1-5 3:1"), report(1, "0:1-9"), report(2, "0:1-9")),
        act.Blocked,
    ),
    "caught up, still applying": (
        facts(
            local(report(0, "0:1-5", received="0:6-9"), primary_uuid=UUIDS[0], channel=following("db-1.db.shop.svc"))
        ),
        act.Wait,
    ),
    "caught up": (facts(primary(channel=following("db-1.db.shop.svc")), report(1, "0:1-9")), act.StopFollowing),
    "a replica's errant transaction does not hold the primary up": (
        facts(primary(), report(1, "0:1-9 1:1"), report(2, "0:1-9")),
        act.MakeWritable,
    ),
    "accounts first": (facts(primary(accounts_in_order=False)), act.AlignAccounts),
    "the data does not know its primary": (facts(primary(primary_uuid=None)), act.RecordPrimary),
    "declared users before clients": (facts(primary(declared_in_order=False)), act.Declare),
    "acknowledgement before writes": (facts(primary(), settings=SEMI_SYNC), act.RequireAcknowledgement),
    "all in order": (facts(primary(semi_sync=True), settings=SEMI_SYNC), act.MakeWritable),
    # --- a primary that serves
    "serving": (facts(local(PRIMARY_0), report(1, "0:1-9")), act.Steady),
    "serving, alone": (facts(local(PRIMARY_0), DOWN, DOWN), act.Steady),
    "serving, a password changed": (facts(local(PRIMARY_0, declared_in_order=False)), act.Declare),
    "serving, somebody switched acknowledgement off": (
        facts(local(PRIMARY_0), settings=SEMI_SYNC),
        act.RequireAcknowledgement,
    ),
    # --- filling a replica
    "from a replica if there is one": (
        facts(local(report(2)), PRIMARY_0, report(1, "0:1-9")),
        act.Clone(1, "taking all data from db-1"),
    ),
    "from the primary if there is no other": (
        facts(local(report(1)), PRIMARY_0, report(2)),
        act.Clone(0, "taking all data from db-0"),
    ),
    "not from a replica that waits for a person": (
        facts(local(report(2)), PRIMARY_0, report(1, "0:1-9 1:1", healthy=False)),
        act.Clone(0, "taking all data from db-0"),
    ),
    "from a replica while the primary is down": (
        facts(local(report(2)), DOWN, report(1, "0:1-9")),
        act.Clone(1, "taking all data from db-1"),
    ),
    # --- following
    "a fresh clone starts to follow": (
        facts(local(report(1, "0:1-9")), PRIMARY_0),
        act.Follow(0, "starting to follow db-0"),
    ),
    "a restarted replica follows again": (
        facts(local(report(1, "0:1-9"), channel=following(receiving="No", applying=False)), PRIMARY_0),
        act.Follow(0, "following db-0 again"),
    ),
    "in step": (facts(local(report(1, "0:1-9"), channel=following()), PRIMARY_0), act.Steady),
    "connecting is left to mysqld": (
        facts(local(report(1, "0:1-9"), channel=following(receiving="Connecting", receive_error=2003)), PRIMARY_0),
        act.Steady,
    ),
    "the primary cannot be asked": (facts(local(report(1, "0:1-9"), channel=following()), DOWN), act.Steady),
    "what a restarted replica received is applied without a primary": (
        facts(local(report(1, "0:1-5", received="0:6"), channel=following(receiving="No", applying=False)), report(0)),
        act.ApplyReceived,
    ),
    "what was received cannot be applied": (
        facts(
            local(report(1, "0:1-5", received="0:6"), channel=following(applying=False, apply_error=1062)), report(0)
        ),
        act.Blocked,
    ),
    "an earlier primary may still run: its replicas cut it off": (
        facts(local(report(1, "0:1-9", receiving=True), channel=following()), report(0)),
        act.StopReceiving,
    ),
    "but not while the primary just cannot be asked": (
        facts(local(report(1, "0:1-9", receiving=True), channel=following()), DOWN),
        act.Steady,
    ),
    "and it takes data only from those that did": (
        facts(local(report(0)), report(1, "4:1-9"), report(2, "4:1-7", receiving=True)),
        act.Wait,
    ),
    "the primary lost its volume": (facts(local(report(1, "0:1-9"), channel=following()), report(0)), act.Wait),
    "a replica that somebody made writable": (
        facts(local(report(1, "0:1-9", writable=True), channel=following()), PRIMARY_0),
        act.MakeReadOnly,
    ),
    "an old password": (
        facts(local(report(1, "0:1-9"), channel=following(receiving="Connecting", receive_error=1045)), PRIMARY_0),
        act.Follow(0, "following db-0 again, with the current password"),
    ),
    "an errant transaction": (facts(local(report(1, "0:1-9 1:1"), channel=following()), PRIMARY_0), act.Blocked),
    "AFTER_SYNC: a replica commits first": (
        facts(local(report(1, "0:1-10"), channel=following()), PRIMARY_0),
        act.Steady,
    ),
    "nothing is errant before the primary serves": (
        facts(local(report(1, "0:1-9 1:1"), channel=following()), report(0, "0:1-9")),
        act.Steady,
    ),
    "what it lacks is purged": (
        facts(local(report(1, "0:1-3")), report(0, "0:1-9", purged="0:1-5", writable=True)),
        act.Blocked,
    ),
    "a cloned primary's logs start later: first from a replica that still has the rest": (
        facts(
            local(report(2, "4:1-3"), channel=following()),
            report(0, "4:1-9 0:1", purged="4:1-9", writable=True),
            report(1, "4:1-9 0:1", purged="4:1-2"),
        ),
        act.Follow(1, "starting to follow db-1"),
    ),
    "and then from the primary": (
        facts(
            local(report(2, "4:1-9"), channel=following("db-1.db.shop.svc")),
            report(0, "4:1-9 0:1", purged="4:1-9", writable=True),
            report(1, "4:1-9 0:1", purged="4:1-2"),
        ),
        act.Follow(0, "starting to follow db-0"),
    ),
    "applying failed": (
        facts(local(report(1, "0:1-9"), channel=following(applying=False, apply_error=1062)), PRIMARY_0),
        act.Blocked,
    ),
    "an unreadable relay log that the primary can send again": (
        facts(
            local(report(1, "0:1-5", received="0:6-7"), channel=following(applying=False, apply_error=13121)), PRIMARY_0
        ),
        act.RefetchRelayLog,
    ),
    "an unreadable relay log that nobody else has": (
        facts(
            local(report(1, "0:1-5", received="0:6-12"), channel=following(applying=False, apply_error=13121)),
            PRIMARY_0,
        ),
        act.Blocked,
    ),
    "the primary refuses its binary log": (
        facts(local(report(1, "0:1-9"), channel=following(receiving="No", receive_error=1236)), PRIMARY_0),
        act.Blocked,
    ),
    "a primary whose commits wait for an acknowledgement": (
        facts(local(report(1, "0:1-9"), channel=following()), WAITING_0, report(2, "0:1-9")),
        act.AcknowledgeAgain,
    ),
    "they have not waited for long": (
        facts(
            local(report(1, "0:1-9"), channel=following()), report(0, "0:1-9", writable=True, unacknowledged_seconds=2)
        ),
        act.Steady,
    ),
    "who does not receive acknowledges nothing": (
        facts(local(report(1, "0:1-9"), channel=following(receiving="Connecting")), WAITING_0),
        act.Steady,
    ),
    "nor does who catches up from another replica": (
        facts(
            local(report(2, "4:1-3"), channel=following("db-1.db.shop.svc")),
            report(0, "4:1-9 0:1", purged="4:1-9", writable=True, unacknowledged_seconds=9),
            report(1, "4:1-9 0:1", purged="4:1-2"),
        ),
        act.Steady,
    ),
    "a replica aligns its accounts even without a primary": (
        facts(local(report(1, "0:1-9"), accounts_in_order=False), DOWN),
        act.AlignAccounts,
    ),
    # --- stopping in order
    # --- the volume
    "a primary whose volume is full refuses writes": (facts(local(PRIMARY_0), volume=FULL), act.MakeReadOnly),
    "a primary goes on while there is some room": (facts(local(PRIMARY_0), volume=TIGHT), act.Steady),
    "it opens again only with room to spare": (
        facts(primary(), report(1, "0:1-9"), report(2, "0:1-9"), volume=TIGHT),
        act.Blocked,
    ),
    "it opens again by itself": (
        facts(primary(), report(1, "0:1-9"), report(2, "0:1-9"), volume=ROOMY),
        act.MakeWritable,
    ),
    "a replica whose volume is full receives no more": (
        facts(local(report(1, "0:1-8", receiving=True), channel=following()), PRIMARY_0, volume=FULL),
        act.StopReceiving,
    ),
    "a replica receives while there is some room": (
        facts(local(report(1, "0:1-8", receiving=True), channel=following()), PRIMARY_0, volume=TIGHT),
        act.Steady,
    ),
    "a replica that stopped for want of room waits for more": (
        facts(local(report(1, "0:1-8"), channel=following(receiving="No")), PRIMARY_0, volume=TIGHT),
        act.Blocked,
    ),
    "a replica with room again follows": (
        facts(local(report(1, "0:1-8"), channel=following(receiving="No")), PRIMARY_0, volume=ROOMY),
        act.Follow,
    ),
    "a primary about to stop refuses writes": (facts(local(PRIMARY_0), stopping_seconds=0.0), act.MakeReadOnly),
    "and waits for a replica": (
        facts(local(report(0, "0:1-9")), report(1, "0:1-8"), report(2, "0:1-7"), stopping_seconds=1.0),
        act.Wait,
    ),
    "one replica is enough": (
        facts(local(report(0, "0:1-9")), report(1, "0:1-8", received="0:9"), DOWN, stopping_seconds=1.0),
        act.AllowStop,
    ),
    "but not for ever": (
        facts(local(report(0, "0:1-9")), report(1, "0:1-8"), DOWN, stopping_seconds=30.0),
        act.AllowStop,
    ),
    "and not long if there is nobody": (
        facts(local(report(0, "0:1-9")), DOWN, DOWN, stopping_seconds=5.0),
        act.AllowStop,
    ),
    "a replica may stop": (facts(local(report(1, "0:1-9")), PRIMARY_0, stopping_seconds=0.0), act.AllowStop),
    "a standalone may stop": (
        facts(local(report(0, "0:1-9")), settings=settings(members=1), stopping_seconds=0.0),
        act.AllowStop,
    ),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_decision(case: str) -> None:
    observed, expected = CASES[case]
    action = decide(observed)
    if isinstance(expected, type):
        assert isinstance(action, expected), action
    else:
        assert action == expected


@pytest.mark.parametrize(
    "case", [c for c, (_, e) in CASES.items() if e is act.Blocked], ids=lambda c: c.replace(" ", "-")
)
def test_what_blocks_names_the_transactions_or_the_error_and_a_way_out(case: str) -> None:
    doing = decide(CASES[case][0]).doing
    assert any(char.isdigit() for char in doing) or "db-" in doing
    assert len(doing) > 40
