"""A member of a Galera cluster, as its run.sh and mariadbd tell it. Pure.

What all members report of themselves is a ``Group``, as in Group Replication: its name and its epoch are the history
that the data belongs to. A position ``<history>:<seqno>`` is the set of the history's transactions 1 to seqno.
"""

from __future__ import annotations

from dataclasses import dataclass

from .gtid import NOTHING, GtidSet

NO_HISTORY = "00000000-0000-0000-0000-000000000000"
WAITING = "waiting"
FRESH, WHOLE, ABORTED, FOREIGN = "fresh", "whole", "aborted", "foreign"
SYNCED, DONOR = "Synced", "Donor/Desynced"
SAMPLES = 20
"""Rounds over which the receive queue is averaged: about ten seconds."""


@dataclass(frozen=True)
class Data:
    """What run.sh publishes before it starts mariadbd, and still says while that runs."""

    phase: str
    """``waiting`` for an order, or the order that mariadbd was started with."""
    life: str
    """Names this wait: an order for another one is ignored."""
    kind: str
    """``fresh``: initialised, and never part of a cluster. ``whole``: with a position. ``aborted``: what a transfer of
    all data left that was cut short, which is no data. ``foreign``: another topology's."""
    history: str
    seqno: int
    failed: int
    """How many full transfers have failed in a row."""

    @property
    def position(self) -> GtidSet:
        return position(self.history, self.seqno)


@dataclass(frozen=True)
class GaleraMember:
    """What only the member's own agent needs to know, beside its Group."""

    kind: str = WHOLE
    life: str = ""
    failed: int = 0
    state: str = ""
    """As wsrep_local_state_comment has it; empty while mariadbd does not answer."""
    queue: float = 0.0
    """Transactions received and not yet applied, on average of the last seconds."""
    writer: int | None = None
    """Which member takes the writes, as the data itself records it."""
    received: int = 0
    """Bytes of a transfer of all data to this member that have arrived; 0: there is none."""


def parse_data(text: str) -> Data:
    """What run.sh published. Raises ValueError for anything else."""
    phase, life, kind, history, seqno, failed = text.split()
    return Data(phase, life, kind, "" if history == NO_HISTORY else history, int(seqno), int(failed))


def position(history: str, seqno: int) -> GtidSet:
    """The transactions that a member at this position holds."""
    return GtidSet.parse(f"{history}:1-{seqno}") if history and seqno > 0 else NOTHING


class QueueAverage:
    """The mean of the receive queue's last lengths: mariadbd's own mean reaches back to its start."""

    def __init__(self) -> None:
        self._lengths: list[int] = []

    def add(self, length: int) -> float:
        self._lengths = [*self._lengths, length][-SAMPLES:]
        return sum(self._lengths) / len(self._lengths)
