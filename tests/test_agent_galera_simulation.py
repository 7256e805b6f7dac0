"""The decisions of a Galera cluster's agents against a model of three members that crash, lose volumes and are cut off.

The model of Galera is small: a side with more than half of the last view goes on without the others, a side without
stands still until it meets them again; a commit needs every member of the view to have received it, and is on the
writer's disk; who lacks little is sent that, who lacks much deletes what it has and is sent everything. Whatever
happens: no acknowledged write disappears, nobody founds a cluster beside another one or from less than there was,
nothing is deleted that the cluster does not hold, one member writes; and when the faults end, the cluster heals.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from effort import examples
from galera_facts import settings
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from simulated_faults import MEMBERS, Faults, ordinals

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.decide_galera import decide_galera
from mysql_k8s.agent.facts import Facts, Local, Mark, Report, Silent
from mysql_k8s.agent.galera import ABORTED, FRESH, SYNCED, WHOLE, GaleraMember, position
from mysql_k8s.agent.group import ERROR, OFFLINE, ONLINE, PRIMARY, RECOVERING, SECONDARY, Group, Seat
from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.agent.health_galera import judge_galera

CLUSTER = settings()
CACHE = 3
"""Who lacks no more transactions than this need not be sent everything."""
PATIENCE = 4
"""Rounds after which mariadbd ends that is to join and finds no cluster."""


@dataclass
class Volume:
    """What survives a crash."""

    kind: str = FRESH
    history: str = ""
    seqno: int = 0
    mark: GtidSet = NOTHING
    """The note on the claim: it lives as long as the volume."""

    @property
    def held(self) -> GtidSet:
        return position(self.history, self.seqno)


@dataclass
class Run:
    """A cluster from its founding to its end."""

    history: str
    seqno: int
    view: dict[int, int]
    """The last view that could decide: members in their incarnations."""


@dataclass
class Member:
    """One member: its volume and its process."""

    volume: Volume
    up: bool = True
    life: int = 0
    state: str = OFFLINE
    run: Run | None = None
    read_only: bool = True
    founding: bool = False
    received: int = 0
    """Up to which transaction it has received what it may still have to apply; lost in a crash."""
    waited: int = 0

    def crash(self) -> None:
        self.state, self.run, self.read_only, self.founding = OFFLINE, None, True, False
        self.received = self.waited = 0
        self.life += 1


@dataclass
class World:
    """The cluster, its clients and what they were told."""

    members: list[Member] = field(default_factory=lambda: [Member(Volume()) for _ in range(MEMBERS)])
    cut: set[frozenset[int]] = field(default_factory=set[frozenset[int]])
    acknowledged: GtidSet = NOTHING
    histories: int = 0
    writers: dict[str, list[tuple[int, int]]] = field(default_factory=dict[str, list[tuple[int, int]]])
    """By history: from which transaction on who takes the writes."""

    def new_volume(self) -> Volume:
        return Volume()

    # --- what is seen ---------------------------------------------------------------------------------------------

    def linked(self, a: int, b: int) -> bool:
        return a == b or frozenset((a, b)) not in self.cut

    def writer(self, volume: Volume) -> int | None:
        recorded = self.writers.get(volume.history, [])
        return next((who for seqno, who in reversed(recorded) if seqno <= volume.seqno), None)

    def group(self, ordinal: int) -> Group:
        member = self.members[ordinal]
        history, writer = member.volume.history, self.writer(member.volume)
        view = member.run.view if member.run and member.state == ONLINE else {}
        seats = tuple(
            Seat(CLUSTER.pod(o), CLUSTER.host(o), ONLINE, PRIMARY if o == writer else SECONDARY) for o in sorted(view)
        )
        role = (PRIMARY if writer == ordinal else SECONDARY) if member.state == ONLINE else ""
        return Group(history, history, history if seats else "", member.state, role, seats)

    def report(self, ordinal: int) -> Report:
        member = self.members[ordinal]
        held = member.volume.held
        return Report(
            ordinal, CLUSTER.pod(ordinal), held, held, NOTHING, not member.read_only, bool(held),
            group=self.group(ordinal),
        )  # fmt: skip

    def facts(self, ordinal: int) -> Facts:
        member = self.members[ordinal]
        about = GaleraMember(member.volume.kind, str(member.life), state=SYNCED, writer=self.writer(member.volume))
        peers = {
            other: self.report(other) if self.members[other].up and self.linked(ordinal, other) else Silent("no answer")
            for other in range(MEMBERS)
            if other != ordinal
        }
        held = NOTHING
        for each in self.members:
            held |= each.volume.mark
        own = Local(self.report(ordinal), "11.8.9", galera=about) if member.up else None
        return Facts(CLUSTER, ordinal, own, peers, mark=Mark(held=held), same_seconds=60.0)

    # --- Galera ---------------------------------------------------------------------------------------------------

    def side_of(self, ordinal: int) -> set[int]:
        """Everyone whom a member reaches in its cluster, directly or through others."""
        run, side, waiting = self.members[ordinal].run, {ordinal}, [ordinal]
        while waiting:
            one = waiting.pop()
            for other in range(MEMBERS):
                if other not in side and self.members[other].run is run and run and self.linked(one, other):
                    side.add(other)
                    waiting.append(other)
        return side

    def decides(self, run: Run, side: set[int]) -> bool:
        return 2 * sum(run.view.get(o) == self.members[o].life for o in side) > len(run.view)

    def galera(self, ordinal: int) -> None:
        """A member's mariadbd does its work for a moment."""
        member = self.members[ordinal]
        if not member.up or member.state == OFFLINE:
            return
        if member.founding:
            self.found(ordinal)
        elif member.run is None:
            self.look_for_cluster(ordinal)
        else:
            self.agree(member.run, self.side_of(ordinal))

    def found(self, ordinal: int) -> None:
        member, volume = self.members[ordinal], self.members[ordinal].volume
        assert self.acknowledged <= volume.held, "a cluster is founded from less than there was"
        for other in range(MEMBERS):
            run = self.members[other].run
            assert run is None or not self.decides(run, self.side_of(other)), "a second cluster beside the first"
        if not volume.history:
            self.histories += 1
            volume.history = f"{self.histories:08x}-9999-4000-8000-000000000000"
        volume.kind, volume.seqno = WHOLE, volume.seqno + 1
        member.run = Run(volume.history, volume.seqno, {ordinal: member.life})
        member.state, member.founding, member.received = ONLINE, False, volume.seqno

    def look_for_cluster(self, ordinal: int) -> None:
        member = self.members[ordinal]
        for other in range(MEMBERS):
            run = self.members[other].run
            if run and self.members[other].state == ONLINE and self.linked(ordinal, other):
                self.transfer(ordinal, other, run)
                return
        member.waited += 1
        if member.waited > PATIENCE:
            member.crash()

    def transfer(self, ordinal: int, other: int, run: Run) -> None:
        member, volume = self.members[ordinal], self.members[ordinal].volume
        if not self.decides(run, self.side_of(other)):
            return
        little = volume.history == run.history and 0 <= run.seqno - volume.seqno <= CACHE
        if not little and volume.kind != ABORTED:
            assert volume.held <= position(run.history, run.seqno), "data is deleted that the cluster does not hold"
            member.volume = Volume(ABORTED, mark=volume.mark)
            return
        member.run, member.state, member.waited = run, ONLINE, 0
        run.seqno += 1
        run.view[ordinal] = member.life
        member.volume = Volume(WHOLE, run.history, run.seqno, volume.mark)
        member.received = run.seqno

    def agree(self, run: Run, side: set[int]) -> None:
        if not self.decides(run, side):
            for o in side:
                self.members[o].state = ERROR
            return
        view = {o: self.members[o].life for o in side}
        if view != run.view:
            run.seqno, run.view = run.seqno + 1, view
        for o in side:
            each = self.members[o]
            each.state, each.received = ONLINE, run.seqno
            each.volume.seqno = run.seqno

    def commit(self, ordinal: int) -> GtidSet | None:
        """A transaction, if this member may decide; every member of the view has received it then."""
        member, run = self.members[ordinal], self.members[ordinal].run
        if not member.up or run is None or member.state != ONLINE:
            return None
        side = self.side_of(ordinal)
        if run.view.get(ordinal) != member.life or not self.decides(run, side):
            return None
        run.view = {o: self.members[o].life for o in side if run.view.get(o) == self.members[o].life}
        run.seqno += 1
        for o in run.view:
            self.members[o].received = run.seqno
        member.volume.seqno = run.seqno
        return GtidSet.parse(f"{run.history}:{run.seqno}")

    # --- the agents -----------------------------------------------------------------------------------------------

    def tick(self, ordinal: int) -> act.Action:
        action = decide_galera(self.facts(ordinal))
        self.perform(ordinal, action)
        return action

    def perform(self, ordinal: int, action: act.Action) -> None:
        member = self.members[ordinal]
        match action:
            case act.StartGroup():
                member.state, member.founding = RECOVERING, True
            case act.JoinCluster():
                member.state = RECOVERING
                member.volume.kind = WHOLE if member.volume.kind == FRESH else member.volume.kind
            case act.LeaveGroup():
                member.crash()
            case act.RecordPrimary():
                if self.commit(ordinal):
                    self.writers.setdefault(member.volume.history, []).append((member.volume.seqno, ordinal))
            case act.MakeWritable():
                member.read_only = False
            case act.MakeReadOnly() | act.RefuseClients():
                member.read_only = True
            case _:
                pass

    def client_writes(self, ordinal: int) -> None:
        if self.members[ordinal].read_only:
            return
        written = self.commit(ordinal)
        if written is not None:
            self.acknowledged |= written

    def note_held(self, ordinal: int) -> None:
        facts = self.facts(ordinal)
        if judge_galera(facts, decide_galera(facts)).role == "primary":
            for member in self.members:
                member.volume.mark = self.members[ordinal].volume.held

    def may_lose(self, ordinal: int) -> bool:
        """No design survives the loss of what nobody else has on its disk."""
        everything = NOTHING
        for member in self.members:
            everything |= member.volume.held | member.volume.mark
        return any(everything <= m.volume.held for o, m in enumerate(self.members) if o != ordinal)


class Simulation(Faults):
    """Faults, rounds and writes in any order; at the end everything must heal."""

    world: World

    def new_world(self) -> World:
        return World()

    def round(self, ordinal: int) -> None:
        self.world.galera(ordinal)
        self.world.tick(ordinal)

    @rule(ordinal=ordinals)
    def tick(self, ordinal: int) -> None:
        self.world.tick(ordinal)

    @rule(ordinal=ordinals)
    def mariadbd(self, ordinal: int) -> None:
        self.world.galera(ordinal)

    @rule(ordinal=ordinals)
    def the_writer_notes_what_it_holds(self, ordinal: int) -> None:
        self.world.note_held(ordinal)

    @rule(writes=st.integers(0, 3))
    def every_mariadbd_crashes_while_clients_write(self, writes: int) -> None:
        self.clients_write(writes)
        for member in self.world.members:
            member.crash()

    @rule(ordinal=ordinals)
    def member_leaves_in_order(self, ordinal: int) -> None:
        member = self.world.members[ordinal]
        if member.run and self.world.decides(member.run, self.world.side_of(ordinal)):
            member.volume.seqno = max(member.volume.seqno, member.received)
            member.run.view.pop(ordinal, None)
            member.crash()

    @invariant()
    def at_most_one_can_commit(self) -> None:
        if hasattr(self, "world"):
            able = [
                o
                for o, m in enumerate(self.world.members)
                if m.run and m.state == ONLINE and not m.read_only and m.run.view.get(o) == m.life
                if self.world.decides(m.run, self.world.side_of(o)) and self.world.group(o).leads
            ]
            assert len(able) <= 1, able

    def teardown(self) -> None:
        """Whatever happened before, a few ordinary minutes must be enough."""
        if not hasattr(self, "world"):
            return
        actions = self.faults_end(60)
        assert all(isinstance(action, act.Steady) for action in actions), actions
        assert sum(not member.read_only for member in self.world.members) == 1
        for member in self.world.members:
            assert self.world.acknowledged <= member.volume.held, "an acknowledged write is gone"


TestGaleraSimulation = Simulation.TestCase
TestGaleraSimulation.settings = run_settings(max_examples=examples(25), stateful_step_count=25)
