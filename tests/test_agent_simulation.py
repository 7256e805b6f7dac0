"""The decisions against a model of three members that crash, lose volumes and cannot reach each other, in any order.

The model keeps what survives a crash (the volume) apart from what does not (the process). Clients write wherever a
member lets them, and remember what was acknowledged. Whatever happens: two members are never writable at once, nothing
but an empty member is ever cloned over, no acknowledged write disappears, and once the faults end the cluster heals by
itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent_facts import settings
from effort import examples
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from simulated_faults import MEMBERS, Faults, ordinals

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.decide import PRIMARY, decide
from mysql_k8s.agent.facts import Channel, Facts, Local, Report, Silent
from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.agent.health import judge

CLUSTER = settings(durability="semi-sync")
MOST_TRANSACTIONS = 20
VERSION = "9.7.4"


PRIVATE = (act.Bootstrap, act.AlignAccounts, act.RecordPrimary, act.Declare, act.FollowFromNothing)
"""What is done in a private window."""


@dataclass
class Volume:
    """What survives a crash."""

    uuid: str
    executed: GtidSet = NOTHING
    relay: GtidSet = NOTHING
    purged: GtidSet = NOTHING
    """What its binary logs do not have: a clone brings data, but no binary logs."""
    source: int | None = None
    primary_uuid: str | None = None
    accounts: bool = False
    declared: bool = False
    """Part of the data: cloned with it."""
    past_the_log: bool = False
    """It holds data that no binary log makes: written past it, or there before it began."""

    @property
    def beginning(self) -> str:
        """What a member's agent finds out about it."""
        return "" if self.past_the_log or self.purged or len(self.executed) > MOST_TRANSACTIONS else VERSION


def first_of(held: GtidSet, most: int | None) -> GtidSet:
    """The first ``most`` of each writer."""
    if most is None:
        return held
    return GtidSet(
        {source: ((each[0][0], min(each[0][1], each[0][0] + most - 1)),) for source, each in held.intervals.items()}
    )


@dataclass
class Member:
    """One member: its volume and its process."""

    volume: Volume
    up: bool = True
    read_only: bool = True
    offline: bool = False
    semi_sync: bool = False
    replicating: bool = False
    applying: bool = False
    seconds_up: float = 0.0
    keeps_relay: bool = True
    """What was received and not applied outlives a crash."""
    catching_up: bool = False
    """It began from nothing, and its agent has not seen it with all that the primary held."""

    @property
    def writable(self) -> bool:
        return self.up and not self.read_only and not self.offline

    @property
    def received(self) -> GtidSet:
        return self.volume.executed | self.volume.relay

    def crash(self) -> None:
        self.read_only = True
        self.offline = self.semi_sync = self.replicating = self.applying = False
        self.seconds_up = 0.0
        if not self.keeps_relay:
            self.volume.relay = NOTHING


class World:
    """The cluster and its clients."""

    def __init__(self) -> None:
        self.volumes_made = 0
        self.members = [Member(self.new_volume()) for _ in range(MEMBERS)]
        self.cut: set[frozenset[int]] = set()
        self.acknowledged = NOTHING

    def new_volume(self) -> Volume:
        self.volumes_made += 1
        return Volume(self.identity(self.volumes_made))

    def identity(self, number: int) -> str:
        """What transactions of a volume's server are known by."""
        return f"{number:08x}-0000-4000-8000-000000000000"

    def report(self, ordinal: int) -> Report:
        member = self.members[ordinal]
        volume = member.volume
        return Report(
            ordinal,
            volume.uuid,
            volume.executed,
            member.received,
            volume.purged,
            member.writable,
            volume.primary_uuid is not None,
            not member.catching_up,
            receiving=member.replicating,
            beginning=volume.beginning,
        )

    def ask(self, asker: int, ordinal: int) -> Report | Silent:
        if not self.members[ordinal].up or frozenset((asker, ordinal)) in self.cut:
            return Silent("no answer")
        return self.report(ordinal)

    def facts(self, ordinal: int) -> Facts:
        member = self.members[ordinal]
        volume = member.volume
        channel = None
        if volume.source is not None:
            receiving = "Yes" if member.replicating else "No"
            channel = Channel(CLUSTER.host(volume.source), receiving, member.applying)
        own = Local(
            self.report(ordinal), "9.7.4", member.offline, channel, False, volume.primary_uuid,
            volume.declared, volume.accounts or not volume.executed, member.semi_sync,
        )  # fmt: skip
        peers = {other: self.ask(ordinal, other) for other in range(MEMBERS) if other != ordinal}
        self.look_at_progress(member, peers)
        return Facts(
            CLUSTER, ordinal, own if member.up else None, peers, member.seconds_up, catching_up=member.catching_up
        )

    def look_at_progress(self, member: Member, peers: Mapping[int, Report | Silent]) -> None:
        primary = peers.get(PRIMARY)
        if not member.received:
            member.catching_up = PRIMARY in peers
        elif isinstance(primary, Report) and primary.executed <= member.volume.executed:
            member.catching_up = False

    def tick(self, ordinal: int, *, dies_inside: bool = False, receives_inside: bool = False) -> act.Action:
        """One round of a member's agent; ``dies_inside``: the agent is killed in the middle of a private window.

        ``receives_inside``: its mysqld receives something between what the agent saw and what it does.
        """
        member = self.members[ordinal]
        member.seconds_up += 1
        facts = self.facts(ordinal)
        action = decide(facts)
        if member.catching_up:
            assert not judge(facts, action).ready, "a replica without all that its primary held serves reads"
        if isinstance(action, PRIVATE) and dies_inside:
            self.leave_window_open(member)
            return action
        if receives_inside:
            self.replicate(ordinal, apply=False)
        self.perform(ordinal, action)
        return action

    def leave_window_open(self, member: Member) -> None:
        member.offline = not member.writable
        member.read_only = False

    def perform(self, ordinal: int, action: act.Action) -> None:
        member = self.members[ordinal]
        volume = member.volume
        match action:
            case act.Close():
                member.read_only, member.offline = True, False
            case act.Bootstrap():
                assert not any(m.received for m in self.members), "nothing is bootstrapped beside data"
                volume.accounts = True
                self.record(member)
            case act.AlignAccounts():
                volume.accounts = True
            case act.RecordPrimary():
                self.record(member)
            case act.Declare():
                self.write(member)
                volume.declared = True
            case act.Clone(donor=donor):
                self.clone(member, donor, ordinal)
            case act.Follow(source=source):
                lost = self.members[source].volume.purged - volume.executed
                assert not lost, "a source without what the follower lacks"
                both_started = not member.replicating and not member.applying
                if volume.source != source or (both_started and not member.keeps_relay):
                    volume.relay = NOTHING  # CHANGE REPLICATION SOURCE deletes the relay log
                volume.source, member.replicating, member.applying = source, True, True
            case act.FollowFromNothing(source=source):
                self.follow_from_nothing(member, source)
            case act.ApplyReceived():
                member.applying = True
            case act.StopReceiving():
                member.replicating = False
            case act.StopFollowing():
                assert volume.relay <= volume.executed, "what was received may be nowhere else"
                volume.source, volume.relay, member.replicating, member.applying = None, NOTHING, False, False
            case act.RequireAcknowledgement():
                member.semi_sync = True
            case act.MakeWritable():
                assert self.acknowledged <= volume.executed, "a primary without an acknowledged write takes new ones"
                member.read_only = False
            case act.MakeReadOnly():
                member.read_only = True
            case _:
                pass

    def follow_from_nothing(self, member: Member, source: int) -> None:
        volume, primary = member.volume, self.members[source].volume
        assert source == PRIMARY
        assert not member.received and volume.source is None and not volume.past_the_log, "only a new directory"
        assert not primary.past_the_log and not primary.purged, "a log that does not make all of the data"
        volume.accounts = True
        volume.source, member.replicating, member.applying = source, True, True

    def record(self, member: Member) -> None:
        self.write(member)
        member.volume.primary_uuid = member.volume.uuid

    def write(self, member: Member) -> GtidSet:
        number = (
            len(GtidSet({s: i for s, i in member.volume.executed.intervals.items() if s == member.volume.uuid})) + 1
        )
        written = GtidSet.parse(f"{member.volume.uuid}:{number}")
        assert not written <= member.volume.executed
        member.volume.executed |= written
        return written

    def clone(self, member: Member, donor: int, ordinal: int) -> None:
        assert not member.received, "a member that holds data is never cloned over"
        assert member.volume.source is None, "something might arrive while it is"
        source = self.members[donor]
        assert ordinal == PRIMARY or not source.catching_up, "who has not got everything is no donor"
        if not source.up or frozenset((ordinal, donor)) in self.cut:
            return
        given = source.volume
        member.volume = Volume(
            member.volume.uuid,
            given.executed,
            NOTHING,
            given.executed,
            None,
            given.primary_uuid,
            given.accounts,
            given.declared,
            given.past_the_log,
        )
        member.catching_up = False
        member.crash()

    def replicate(self, ordinal: int, *, apply: bool, most: int | None = None) -> None:
        """``most``: so many transactions of each writer are received, for once."""
        member = self.members[ordinal]
        source = member.volume.source
        if not member.up or source is None:
            return
        if member.replicating and self.members[source].up and frozenset((ordinal, source)) not in self.cut:
            member.volume.relay |= first_of(self.members[source].volume.executed - member.received, most)
        if apply and member.applying:
            member.volume.executed |= member.volume.relay
            if member.volume.executed:
                self.identity_arrives(member, self.members[source].volume)

    def identity_arrives(self, member: Member, source: Volume) -> None:
        """The rows of the schema `mysql_k8s` are replicated: all of them, once all transactions are."""
        if source.executed <= member.volume.executed:
            member.volume.primary_uuid, member.volume.declared = source.primary_uuid, source.declared

    def purge(self, ordinal: int) -> None:
        """Not what a member that has begun still lacks: whoever purges by hand takes care of that."""
        volume = self.members[ordinal].volume
        others = [m.volume for m in self.members if m.received]
        if all(volume.executed <= other.executed for other in others):
            volume.purged = volume.executed

    def write_past_the_log(self) -> None:
        for member in self.members:
            member.volume.past_the_log |= bool(member.received) or member.volume.source is not None

    def client_writes(self, ordinal: int) -> None:
        """A commit is acknowledged once a replica has received it (AFTER_SYNC)."""
        member = self.members[ordinal]
        if not member.writable:
            return
        assert member.semi_sync, "a member takes writes only with acknowledgement"
        written = self.write(member)
        for other in range(MEMBERS):
            replica = self.members[other]
            follows = replica.up and replica.replicating and replica.volume.source == ordinal
            if follows and frozenset((ordinal, other)) not in self.cut:
                self.replicate(other, apply=False)
                self.acknowledged |= written
                return

    def check(self) -> None:
        """What must hold once all is well."""
        assert [member.writable for member in self.members] == [True, False, False]
        for member in self.members:
            assert self.acknowledged <= member.volume.executed, "an acknowledged write is gone"
            assert not member.catching_up
        assert len({member.volume.past_the_log for member in self.members}) == 1, "one member lacks data"

    def may_lose(self, ordinal: int) -> bool:
        """A volume may be lost only if another one has all that was acknowledged: no design survives more."""
        others = [m for o, m in enumerate(self.members) if o != ordinal]
        return not self.acknowledged or any(
            self.acknowledged <= other.received and other.volume.primary_uuid for other in others
        )


class Simulation(Faults):
    """Faults, rounds and writes in any order; at the end everything must heal."""

    world: World
    make_world: type[World] = World

    def new_world(self) -> World:
        return self.make_world()

    def round(self, ordinal: int) -> None:
        self.world.tick(ordinal)
        self.world.replicate(ordinal, apply=True)

    @rule(ordinal=ordinals, dies_inside=st.booleans(), receives_inside=st.booleans())
    def tick(self, ordinal: int, dies_inside: bool, receives_inside: bool) -> None:
        self.world.tick(ordinal, dies_inside=dies_inside, receives_inside=receives_inside)

    @rule(ordinal=ordinals, apply=st.booleans())
    def replicate(self, ordinal: int, apply: bool) -> None:
        self.world.replicate(ordinal, apply=apply)

    @rule(ordinal=ordinals)
    def the_log_ends_half_way(self, ordinal: int) -> None:
        """A replica receives a part, and applies a part of that."""
        self.world.replicate(ordinal, apply=True, most=1)

    @rule(ordinal=ordinals)
    def binary_logs_are_purged(self, ordinal: int) -> None:
        self.world.purge(ordinal)

    @rule()
    def somebody_writes_past_the_log(self) -> None:
        """On every member that has data or follows, as whoever does so has to: a new one must have it, too."""
        self.world.write_past_the_log()

    @invariant()
    def at_most_one_takes_writes(self) -> None:
        if hasattr(self, "world"):
            assert sum(member.writable for member in self.world.members) <= 1

    def teardown(self) -> None:
        """Whatever happened before, three ordinary minutes must be enough."""
        if not hasattr(self, "world"):
            return
        actions = self.faults_end(60)
        assert all(isinstance(action, act.Steady) for action in actions), actions
        self.world.check()


TestSimulation = Simulation.TestCase
TestSimulation.settings = run_settings(max_examples=examples(40), stateful_step_count=25)
