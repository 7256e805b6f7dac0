"""The seam behind which the servers differ: how data is copied, what a binary log looks like, how it is applied.

Nothing else in this program asks which server it has to do with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias

import pymysql

from ..agent.gtid import GtidSet
from .catalogue import Segment
from .donors import Member
from .events import Begin
from .scratch import Scratch
from .settings import Settings

Connection: TypeAlias = "pymysql.Connection[Any]"


class NoDonor(Exception):
    """Nobody to copy from."""


class CopyFailed(Exception):
    """A member's data could not be copied."""


class ApplyFailed(Exception):
    """The server could not apply what was archived, or holds something else than planned afterwards."""


@dataclass(frozen=True)
class Copy:
    """A copy of a member's data, with a throw-away server that runs on it."""

    scratch: Scratch
    data: Path
    gtids: GtidSet
    """Exactly the transactions that it holds."""


class Collecting(Protocol):
    """Puts events together to transactions. Give it every event of a stream, in order."""

    format_event: bytes | None

    def take(self, event: bytes) -> tuple[Begin, BinaryIO] | None:
        """The transaction that this event completes, if it does. Raises DamagedLog."""
        ...


class BinaryLog(Protocol):
    """An engine's binary log, as a server sends it and as a segment holds it."""

    def events(self, feed: Connection, known: GtidSet) -> Iterator[bytes]:
        """All events of transactions that are not in ``known``, then new ones as they come.

        A server ends an earlier connection of the archiver's. Raises pymysql.MySQLError or OSError.
        """
        ...

    def collector(self, spool: Path) -> Collecting: ...

    def opening(self, format_event: bytes, after: GtidSet) -> bytes:
        """How a file begins whose transactions come after these."""
        ...

    def transactions(self, path: Path) -> Iterator[tuple[Begin, int]]:
        """What a segment's file holds, in order, each with its offset. Raises DamagedLog."""
        ...

    def committed_at(self, feed: Connection, source: Member, last: Segment) -> int | None:
        """When the source has a segment's last transaction from; None if it cannot tell any more."""
        ...

    def mark(self, executed: GtidSet) -> int | None:
        """The number of the last transaction, where events do not tell when they were committed: see ``marks``."""
        ...


class Engine(Protocol):
    """A database server, as backups use it."""

    @property
    def kind(self) -> str:
        """``mysql`` or ``mariadb``."""
        ...

    @property
    def name(self) -> str:
        """As people write it."""
        ...

    @property
    def not_part(self) -> re.Pattern[str]:
        """Files of a data directory that belong to the process and not to the data."""
        ...

    @property
    def log(self) -> BinaryLog: ...

    def look(self, connection: Connection, host: str) -> Member:
        """Raises pymysql.MySQLError."""
        ...

    def scratch(self, data: Path) -> Scratch:
        """A throw-away server, not started yet."""
        ...

    def copy(self, settings: Settings, source: Member) -> Copy:
        """All data of a member, consistent, as it changes. Raises ScratchFailed, pymysql.MySQLError and the like."""
        ...

    def holds(self, scratch: Scratch, gtids: GtidSet) -> bool:
        """Whether the server holds just these transactions."""
        ...

    def held(self, scratch: Scratch) -> str:
        """What it holds, as it says it."""
        ...

    def apply(self, scratch: Scratch, channel: str, first: str, wanted: GtidSet) -> None:
        """Have the server apply the relay logs of a channel that it has never had, ``first`` and those behind it.

        Never its only channel: the data of a replica names one, which the server began to use when it started. Forgets
        the channel and deletes its relay logs. Raises ApplyFailed.
        """
        ...

    def name_anew(self, scratch: Scratch) -> None:
        """Make a group's data that of another group: its next transactions must not have GTIDs that were given."""
        ...

    def finish(self, scratch: Scratch, folder: Path, gtids: GtidSet) -> None:
        """Leave the data as a server's that never replicated, without an identity, and stop the throw-away one."""
        ...
