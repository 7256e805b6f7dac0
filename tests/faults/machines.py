"""Nodes lost."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sandbox import nodes

from .debts import Plug, Start
from .scene import Scene


@contextmanager
def cut(scene: Scene) -> Generator[None]:
    """The cable of the member's node is pulled; everything on it goes on running."""
    number = scene.node.number
    with scene.ledger.owing(Plug(number)):
        nodes.cut_node(number)
        yield


@contextmanager
def stopped(scene: Scene) -> Generator[None]:
    """The member's node is switched off, with all of its pods, and on again."""
    number = scene.node.number
    with scene.ledger.owing(Start(number)):
        nodes.stop_node(number)
        yield
