"""The decisions of a group's agents against a model of three members that crash, lose volumes and are cut off.

The model of Group Replication is small: a side with more than half of the seats goes on without the others and elects a
primary if it has none; a side without gives up after a while; a commit needs a majority, and each of that has received
the transaction then. Whatever happens: no acknowledged write disappears, nobody founds a group beside another one or
from less than there was, nothing but an empty member is cloned over; and when the faults end, the group heals.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from effort import examples
from group_facts import settings
from hypothesis import settings as run_settings
from hypothesis.stateful import invariant, rule
from simulated_faults import MEMBERS, Faults, ordinals

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.decide_group import decide_group
from mysql_k8s.agent.facts import Facts, Local, Mark, Report, Silent
from mysql_k8s.agent.group import ONLINE, PRIMARY, RECOVERING, SECONDARY, Group, Seat
from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.agent.health_group import judge_group

CLUSTER = settings()
DONOR_RETRIES = 5
"""Rounds; the plugin tries for longer than the members of a group take to leave or to be expelled."""


@dataclass
class Volume:
    """What survives a crash."""

    uuid: str
    executed: GtidSet = NOTHING
    relay: GtidSet = NOTHING
    purged: GtidSet = NOTHING
    accounts: bool = False
    mark: GtidSet = NOTHING
    """The note on the claim: it lives as long as the volume."""

    @property
    def received(self) -> GtidSet:
        return self.executed | self.relay


@dataclass
class Run:
    """A group from its founding to its end."""

    epoch: str
    name: str
    seats: dict[int, int]
    """Who belongs to it: a member, in its incarnation."""
    primary: int


@dataclass
class Member:
    """One member: its volume and its process."""

    volume: Volume
    up: bool = True
    life: int = 0
    """Its incarnation: a process that was restarted is another one."""
    read_only: bool = True
    offline: bool = False
    run: Run | None = None
    state: str = "OFFLINE"
    view: dict[int, int] = field(default_factory=dict[int, int])
    leader: int | None = None
    alone: int = 0
    """For how long it has reached no majority."""
    donorless: int = 0
    """For how long nobody could send it the data that it lacks."""

    def leave(self, state: str) -> None:
        self.run, self.state, self.view, self.leader, self.alone = None, state, {}, None, 0
        self.donorless = 0
        self.read_only = True

    def crash(self) -> None:
        self.leave("OFFLINE")
        self.offline = False
        self.life += 1


class World:
    """The group, its clients and what they were told."""

    def __init__(self) -> None:
        self.volumes_made = self.numbers = self.runs = 0
        self.names: list[tuple[GtidSet, str]] = []
        """Which transaction recorded which group's name."""
        self.epochs: list[tuple[GtidSet, str]] = []
        self.members = [Member(self.new_volume()) for _ in range(MEMBERS)]
        self.cut: set[frozenset[int]] = set()
        self.acknowledged = NOTHING

    def new_volume(self) -> Volume:
        self.volumes_made += 1
        return Volume(f"{self.volumes_made:08x}-0000-4000-8000-000000000000")

    # --- what is seen ---------------------------------------------------------------------------------------------

    def linked(self, a: int, b: int) -> bool:
        return a == b or frozenset((a, b)) not in self.cut

    def in_touch(self, member: int, other: int) -> bool:
        """Whether two members of the same group hear each other in it."""
        one, two = self.members[member], self.members[other]
        return one.run is not None and one.run is two.run and self.linked(member, other)

    def group(self, ordinal: int) -> Group:
        member = self.members[ordinal]
        held = member.volume.executed
        name = next((name for gtid, name in self.names if gtid <= held), "")
        epoch = max((epoch for gtid, epoch in self.epochs if gtid <= held), default="")
        seats = tuple(
            Seat(
                self.members[o].volume.uuid if life == self.members[o].life else f"gone-{o}-{life}",
                CLUSTER.host(o),
                (self.members[o].state if self.in_touch(ordinal, o) else "UNREACHABLE"),
                PRIMARY if o == member.leader else SECONDARY,
            )
            for o, life in sorted(member.view.items())
        )
        role = (PRIMARY if member.leader == ordinal else SECONDARY) if member.state == ONLINE else ""
        return Group(name, epoch, member.run.epoch if member.run else "", member.state, role, seats)

    def report(self, ordinal: int) -> Report:
        member, group = self.members[ordinal], self.group(ordinal)
        volume = member.volume
        writable = not member.read_only and not member.offline
        return Report(
            ordinal, volume.uuid, volume.executed, volume.received, volume.purged, writable, bool(group.name),
            group=group,
        )  # fmt: skip

    def facts(self, ordinal: int) -> Facts:
        member = self.members[ordinal]
        own = Local(
            self.report(ordinal), "9.7.4", member.offline, primary_uuid=None, accounts_in_order=member.volume.accounts
        )
        peers = {
            other: self.report(other) if self.members[other].up and self.linked(ordinal, other) else Silent("no answer")
            for other in range(MEMBERS)
            if other != ordinal
        }
        held = NOTHING
        for each in self.members:
            held |= each.volume.mark
        return Facts(CLUSTER, ordinal, own if member.up else None, peers, mark=Mark(held=held), same_seconds=60.0)

    # --- Group Replication ----------------------------------------------------------------------------------------

    def side_of(self, ordinal: int) -> set[int]:
        """Everyone whom a member reaches in its group, directly or through others."""
        side, waiting = {ordinal}, [ordinal]
        while waiting:
            one = waiting.pop()
            for other in range(MEMBERS):
                if other not in side and self.in_touch(one, other):
                    side.add(other)
                    waiting.append(other)
        return side

    def is_decided_by(self, run: Run, side: set[int]) -> bool:
        seated = {o for o in side if run.seats.get(o) == self.members[o].life}
        return 2 * len(seated) > len(run.seats)

    def group_replication(self, ordinal: int) -> None:
        """A member's plugin does its work for a moment."""
        member, run = self.members[ordinal], self.members[ordinal].run
        if not member.up or run is None:
            return
        side = self.side_of(ordinal)
        if run.seats.get(ordinal) != member.life:
            member.leave("ERROR")  # it learns that it was expelled
            member.offline = True
        elif self.is_decided_by(run, side):
            self.go_on(run, side)
        else:
            member.alone += 1
            if member.alone > 2:
                member.leave("ERROR")
                member.offline = True

    def go_on(self, run: Run, side: set[int]) -> None:
        seated = {o for o in side if run.seats.get(o) == self.members[o].life}
        run.seats = {o: self.members[o].life for o in seated}
        online = {o for o in seated if self.members[o].state == ONLINE}
        if run.primary not in seated and online:
            run.primary = min(online, key=lambda o: self.members[o].volume.uuid)
        leader = self.members[run.primary] if run.primary in seated else None
        for o in seated:
            each = self.members[o]
            each.view, each.leader, each.alone = dict(run.seats), run.primary if leader else None, 0
            each.volume.executed |= each.volume.relay
            if each.state == RECOVERING and leader is not None:
                each.volume.executed |= leader.volume.received
                each.state = ONLINE
            each.donorless = each.donorless + 1 if each.state == RECOVERING else 0
            if each.donorless > DONOR_RETRIES:
                del run.seats[o]
                each.leave("ERROR")  # the plugin gives up (manual, group_replication_recovery_retry_count)
        if leader is not None and leader.state == ONLINE and leader.read_only:
            leader.volume.executed |= leader.volume.relay
            leader.read_only = False

    # --- the agents -----------------------------------------------------------------------------------------------

    def tick(self, ordinal: int) -> act.Action:
        action = decide_group(self.facts(ordinal))
        self.perform(ordinal, action)
        return action

    def perform(self, ordinal: int, action: act.Action) -> None:
        member = self.members[ordinal]
        volume = member.volume
        match action:
            case act.Close() | act.AdmitClients():
                member.offline = False
            case act.RefuseClients():
                member.offline = True
            case act.Bootstrap():
                assert not any(m.volume.received for m in self.members), "nothing is founded beside data"
                volume.accounts = True
                gtid = GtidSet.parse(f"{volume.uuid}:1")
                self.names.append((gtid, f"{len(self.names):08x}-9999-4000-8000-000000000000"))
                volume.executed |= gtid
            case act.AlignAccounts():
                assert member.run is None
                volume.accounts = True
            case act.StartGroup():
                self.found(ordinal)
            case act.JoinGroup(name=name):
                self.join(ordinal, name)
            case act.LeaveGroup():
                if member.run and member.run.seats.get(ordinal) == member.life:
                    del member.run.seats[ordinal]
                member.leave("OFFLINE")
            case act.RecordEpoch():
                gtid = self.write(ordinal)
                if gtid and member.run:
                    self.epochs.append((gtid, member.run.epoch))
            case act.Clone(donor=donor):
                assert not volume.received, "a member that holds data is never cloned over"
                given = self.members[donor].volume
                if self.members[donor].up and self.linked(ordinal, donor):
                    member.volume = Volume(
                        volume.uuid, given.executed, NOTHING, given.executed, given.accounts, volume.mark
                    )
                    member.crash()
            case _:
                pass

    def found(self, ordinal: int) -> None:
        member = self.members[ordinal]
        assert self.acknowledged <= member.volume.received, "a group is founded from less than there was"
        for other in range(MEMBERS):
            run = self.members[other].run
            assert run is None or not self.is_decided_by(run, self.side_of(other)), "a second group beside the first"
        self.runs += 1
        member.run = Run(f"{self.runs:04}", self.group(ordinal).name, {ordinal: member.life}, ordinal)
        member.state, member.view, member.leader = ONLINE, {ordinal: member.life}, ordinal

    def join(self, ordinal: int, name: str) -> None:
        member = self.members[ordinal]
        assert member.volume.accounts, "members cannot talk to each other without the account"
        for other in range(MEMBERS):
            run = self.members[other].run
            side = self.side_of(other)
            if run is None or run.name != name or not self.linked(ordinal, other) or not self.is_decided_by(run, side):
                continue
            if ordinal in run.seats:
                return  # its earlier life is still counted
            everything = self.members[run.primary].volume.received
            assert member.volume.received <= everything, "a member with errant transactions joins"
            run.seats[ordinal] = member.life
            member.run, member.state, member.view = run, RECOVERING, dict(run.seats)
            member.leader = run.primary
            return

    def write(self, ordinal: int) -> GtidSet | None:
        """A transaction, if a majority of the group receives it."""
        member = self.members[ordinal]
        run = member.run
        if not member.up or member.read_only or run is None or run.seats.get(ordinal) != member.life:
            return None
        side = self.side_of(ordinal)
        if not self.is_decided_by(run, side):
            return None
        self.numbers += 1
        written = GtidSet.parse(f"{run.name}:{self.numbers}")
        member.volume.executed |= written
        for other in side - {ordinal}:
            if run.seats.get(other) == self.members[other].life and self.members[other].state == ONLINE:
                self.members[other].volume.relay |= written
        return written

    def client_writes(self, ordinal: int) -> None:
        if self.members[ordinal].offline:
            return
        written = self.write(ordinal)
        if written is not None:
            self.acknowledged |= written

    def note_held(self, ordinal: int) -> None:
        facts = self.facts(ordinal)
        if judge_group(facts, decide_group(facts)).role == "primary":
            for member in self.members:
                member.volume.mark = self.members[ordinal].volume.executed

    def may_lose(self, ordinal: int) -> bool:
        """No design survives the loss of what nobody else holds."""
        everything = NOTHING
        for member in self.members:
            everything |= member.volume.received | member.volume.mark
        return any(everything <= m.volume.received for o, m in enumerate(self.members) if o != ordinal)


class Simulation(Faults):
    """Faults, rounds and writes in any order; at the end everything must heal."""

    world: World

    def new_world(self) -> World:
        return World()

    def round(self, ordinal: int) -> None:
        self.world.group_replication(ordinal)
        self.world.tick(ordinal)

    @rule(ordinal=ordinals)
    def tick(self, ordinal: int) -> None:
        self.world.tick(ordinal)

    @rule(ordinal=ordinals)
    def plugin(self, ordinal: int) -> None:
        self.world.group_replication(ordinal)

    @rule(ordinal=ordinals)
    def the_primary_notes_what_it_holds(self, ordinal: int) -> None:
        self.world.note_held(ordinal)

    @rule()
    def every_mysqld_crashes(self) -> None:
        for member in self.world.members:
            member.crash()

    @rule(ordinal=ordinals)
    def member_leaves_in_order(self, ordinal: int) -> None:
        member = self.world.members[ordinal]
        if member.run and self.world.is_decided_by(member.run, self.world.side_of(ordinal)):
            member.run.seats.pop(ordinal, None)
            member.leave("OFFLINE")

    @invariant()
    def at_most_one_can_commit(self) -> None:
        if hasattr(self, "world"):
            able = [
                o
                for o, m in enumerate(self.world.members)
                if m.run and not m.read_only and m.run.seats.get(o) == m.life
                if self.world.is_decided_by(m.run, self.world.side_of(o)) and m.run.primary == o
            ]
            assert len(able) <= 1, able

    def teardown(self) -> None:
        """Whatever happened before, a few ordinary minutes must be enough."""
        if not hasattr(self, "world"):
            return
        actions = self.faults_end(50)
        assert all(isinstance(action, act.Steady) for action in actions), actions
        assert sum(not member.read_only for member in self.world.members) == 1
        for member in self.world.members:
            assert self.world.acknowledged <= member.volume.received, "an acknowledged write is gone"


TestGroupSimulation = Simulation.TestCase
TestGroupSimulation.settings = run_settings(max_examples=examples(30), stateful_step_count=25)
