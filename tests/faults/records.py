"""What clients and observers noted beside the plain writes. Times are those of the monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.support.history import Outcome


@dataclass(frozen=True)
class Append:
    """One attempt to append ``element``, which no other attempt uses, to the list ``key``."""

    key: int
    element: int
    seen: tuple[int, ...]
    """The list as the transaction read it, locking it, before it appended."""
    outcome: Outcome
    ended: float
    gtid: str | None = None
    error: str = ""


@dataclass(frozen=True)
class Increment:
    """One attempt to add one to a row that others add to at the same time."""

    result: int | None
    """What the row then held, as the server told with the acknowledgement."""
    outcome: Outcome
    ended: float
    gtid: str | None = None
    error: str = ""


@dataclass(frozen=True)
class StaleRead:
    """A read at the primary's Service that lacked what had been acknowledged before it began."""

    began: float
    server: str
    missing: tuple[int, ...]


@dataclass(frozen=True)
class Attempt:
    """A write that was tried at one member itself, past the Services."""

    member: str
    began: float
    ended: float
    accepted: bool


@dataclass(frozen=True)
class RoleSample:
    """What the API server told at one moment."""

    moment: float
    labelled: tuple[str, ...]
    """The pods with the primary's label."""
    endpoints: tuple[str, ...]
    """The ready endpoints of the primary's Service."""
