"""What happens to the members of any model: time passes, clients write, processes crash, links break, volumes get lost.

A simulation brings its world, the round of one member in it, and what must hold.
"""

from __future__ import annotations

from typing import Any, Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mysql_k8s.agent import actions as act

MEMBERS = 3
ordinals = st.integers(0, MEMBERS - 1)


class Member(Protocol):
    """One member: its volume and its process."""

    volume: Any
    up: bool

    def crash(self) -> None: ...


class World(Protocol):
    """The cluster and its clients."""

    cut: set[frozenset[int]]
    """The pairs of members that cannot reach each other."""

    @property
    def members(self) -> list[Any]:
        """Every one a Member."""
        ...

    def new_volume(self) -> Any: ...

    def tick(self, ordinal: int) -> act.Action:
        """One round of a member's agent."""
        ...

    def client_writes(self, ordinal: int) -> None:
        """A client tries one member."""
        ...

    def may_lose(self, ordinal: int) -> bool:
        """Whether others have all that the volume holds: no design survives more."""
        ...


class Faults(RuleBasedStateMachine):
    """Faults, rounds and writes in any order."""

    world: Any

    def new_world(self) -> World:
        raise NotImplementedError

    def round(self, ordinal: int) -> None:
        """A member's agent and its mysqld each do what they do in a second."""
        raise NotImplementedError

    @initialize(rounds=st.sampled_from([0, 3, 12]))
    def start(self, rounds: int) -> None:
        self.world = self.new_world()
        self.all_work(rounds)

    def all_work(self, rounds: int) -> None:
        for _ in range(rounds):
            for ordinal in range(MEMBERS):
                self.round(ordinal)

    def faults_end(self, rounds: int) -> list[act.Action]:
        """Everything is there again, for some rounds. Returns what each agent does then."""
        self.world.cut.clear()
        for member in self.world.members:
            member.up = True
        self.all_work(rounds)
        return [self.world.tick(ordinal) for ordinal in range(MEMBERS)]

    @rule(rounds=st.sampled_from([1, 2, 12]))
    def some_time_passes(self, rounds: int) -> None:
        self.all_work(rounds)

    @rule(writes=st.integers(1, 3))
    def clients_write(self, writes: int) -> None:
        for _ in range(writes):
            for ordinal in range(MEMBERS):
                self.world.client_writes(ordinal)

    @rule(ordinal=ordinals)
    def mysqld_crashes(self, ordinal: int) -> None:
        self.world.members[ordinal].crash()

    @rule(ordinal=ordinals)
    def pod_goes_or_comes(self, ordinal: int) -> None:
        member = self.world.members[ordinal]
        member.crash()
        member.up = not member.up

    @rule(a=ordinals, b=ordinals)
    def link_breaks_or_heals(self, a: int, b: int) -> None:
        self.world.cut ^= {frozenset((a, b))} if a != b else set()

    @rule(ordinal=ordinals)
    def member_is_cut_off(self, ordinal: int) -> None:
        self.world.cut |= {frozenset((ordinal, other)) for other in range(MEMBERS) if other != ordinal}

    @rule()
    def network_heals(self) -> None:
        self.world.cut.clear()

    @rule(ordinal=ordinals)
    def volume_is_lost(self, ordinal: int) -> None:
        if self.world.may_lose(ordinal):
            member = self.world.members[ordinal]
            member.crash()
            member.volume = self.world.new_volume()
