"""A member that begins from nothing, by the log of a young primary, in the model of `test_agent_simulation.py`.

Two things happen, one after the other (three with more effort); then all must heal, with all data on every member.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from effort import examples
from simulated_faults import MEMBERS
from test_agent_simulation import World
from test_agent_simulation_mariadb import MariaDBWorld

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.decide import PRIMARY

NEW = 2
MORE_EVENTS = min(2, examples(1))
"""After the first one."""


def crash(world: World, ordinal: int) -> None:
    world.members[ordinal].crash()


def lose_volume(world: World, ordinal: int) -> None:
    if world.may_lose(ordinal):
        crash(world, ordinal)
        world.members[ordinal].volume = world.new_volume()


def go_away(world: World, ordinal: int) -> None:
    """For some rounds of the others."""
    crash(world, ordinal)
    world.members[ordinal].up = False
    work(world, 3)
    world.members[ordinal].up = True


def lose_contact(world: World, *_: int) -> None:
    world.cut = {frozenset((PRIMARY, NEW))}
    work(world, 3)
    world.cut = set()


EVENTS: dict[str, Callable[[World], object]] = {
    "nothing": lambda world: None,
    "its agent looks": lambda world: world.tick(NEW),
    "something arrives while its agent looks": lambda world: world.tick(NEW, receives_inside=True),
    "its agent is killed inside": lambda world: world.tick(NEW, dies_inside=True),
    "one transaction arrives": lambda world: world.replicate(NEW, apply=False, most=1),
    "one is applied": lambda world: world.replicate(NEW, apply=True, most=1),
    "it crashes": lambda world: crash(world, NEW),
    "it loses its volume": lambda world: lose_volume(world, NEW),
    "it is away": lambda world: go_away(world, NEW),
    "a client writes": lambda world: world.client_writes(PRIMARY),
    "the primary crashes": lambda world: crash(world, PRIMARY),
    "the primary loses its volume": lambda world: lose_volume(world, PRIMARY),
    "the primary is away": lambda world: go_away(world, PRIMARY),
    "the primary is out of reach": lose_contact,
    "the primary purges": lambda world: world.purge(PRIMARY),
    "somebody writes past the log": lambda world: world.write_past_the_log(),
    "the other replica begins, too": lambda world: world.tick(1),
}


def work(world: World, rounds: int) -> None:
    for _ in range(rounds):
        for ordinal in range(MEMBERS):
            world.tick(ordinal)
            world.replicate(ordinal, apply=True)


@pytest.mark.parametrize("make_world", [World, MariaDBWorld])
@pytest.mark.parametrize("first", EVENTS)
def test_whatever_happens_all_members_have_all_data_in_the_end(make_world: type[World], first: str) -> None:
    for writable, *others in itertools.product((False, True), *[EVENTS] * MORE_EVENTS):
        world = make_world()
        world.tick(PRIMARY)
        while writable and not world.members[PRIMARY].writable:
            world.tick(PRIMARY)
        action = world.tick(NEW)
        assert isinstance(action, act.FollowFromNothing)
        for event in (first, *others):
            EVENTS[event](world)
        work(world, 40)
        actions = [world.tick(ordinal) for ordinal in range(MEMBERS)]
        assert all(isinstance(each, act.Steady) for each in actions), (others, actions)
        world.check()
