"""Collects a server's event stream into segments: files of whole transactions that any mysqlbinlog can read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from ..agent.gtid import GtidSet
from . import events
from .catalogue import Segment
from .events import Begin, DamagedLog
from .marks import Mark, timed
from .planning import gathered
from .store import sha256

IN_MEMORY = 8 << 20
"""A larger transaction waits on disk for its end."""


@dataclass
class SegmentFile:
    """A segment that grows. What is in its file is always a run of whole transactions."""

    path: Path
    number: int
    after: GtidSet
    format_event: bytes
    opening: bytes
    """What the file begins with: the format description, and what comes before."""
    marks: list[Mark] = field(default_factory=list[Mark])
    size: int = 0
    stored: int = 0
    """How much of it was stored; each time as an object of its own."""
    _begins: list[Begin] = field(default_factory=list[Begin])
    _numbers: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def __post_init__(self) -> None:
        self.path.write_bytes(self.opening)
        self.size = len(self.opening)

    @property
    def empty(self) -> bool:
        return not self._numbers

    @property
    def gtids(self) -> GtidSet:
        return gathered(self._numbers) - self.after

    def add(self, begin: Begin, transaction: BinaryIO) -> None:
        """Append one whole transaction."""
        with self.path.open("ab") as file:
            transaction.seek(0)
            while chunk := transaction.read(1 << 20):
                file.write(chunk)
        self.size += begin.length
        self._begins.append(begin)
        self._numbers.setdefault(begin.source, []).append(begin.number)

    def described(self, object_name: str) -> Segment:
        times = [begin.committed for begin in timed(self._begins, self.marks)]
        last = self._begins[-1] if self._begins else None
        return Segment(
            number=self.number,
            object=object_name,
            size=self.size,
            sha256=sha256(self.path),
            after=self.after,
            gtids=self.gtids,
            first=times[0] if times else 0,
            latest=max(times, default=0),
            server_version=events.server_version(self.format_event),
            last_gtid=f"{last.source}:{last.number}" if last else "",
            last_committed=last.committed if last else 0,
            marks=tuple(self.marks),
        )


class Collector:
    """Puts events together to transactions. Give it every event of a stream, in order."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._begin: Begin | None = None
        self._held: BinaryIO | None = None
        self._size = 0
        self.format_event: bytes | None = None

    def take(self, event: bytes) -> tuple[Begin, BinaryIO] | None:
        """The transaction that this event completes, if it does. Raises DamagedLog."""
        kind = event[4]
        if kind == events.FORMAT:
            self.format_event = event
            return None
        if kind in (events.HEARTBEAT, events.HEARTBEAT_2, events.ROTATE, events.PREVIOUS_GTIDS, events.STOP):
            return None
        if kind == events.ANONYMOUS:
            raise DamagedLog("a transaction without a GTID: gtid_mode must be ON")
        if self.format_event is not None and events.has_checksums(self.format_event):
            events.check(event)
        if kind in (events.GTID, events.GTID_TAGGED):
            self._open(events.begin(event))
        if self._begin is None or self._held is None:
            raise DamagedLog(f"an event of type {kind} outside a transaction")
        self._held.write(event)
        self._size += len(event)
        if self._size < self._begin.length:
            return None
        if self._size > self._begin.length:
            raise DamagedLog(f"transaction {self._begin.source}:{self._begin.number} is longer than it says")
        begin, held = self._begin, self._held
        self._begin = self._held = None
        return begin, held

    def _open(self, begin: Begin) -> None:
        if self._begin is not None:
            raise DamagedLog(f"transaction {self._begin.source}:{self._begin.number} is shorter than it says")
        self._begin, self._size = begin, 0
        self._held = spooled(self._spool)


def spooled(folder: Path) -> BinaryIO:
    """For one transaction: in memory, and in the folder from a size on."""
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder)))


def transactions(path: Path) -> Iterator[tuple[Begin, int]]:
    """What a segment's file holds, in order, each with its offset. Raises DamagedLog."""
    with path.open("rb") as file:
        events.read_opening(file, path.name)
        while True:
            at = file.tell()
            event = events.read_event(file)
            if event is None:
                return
            if event[4] == events.PREVIOUS_GTIDS:
                continue
            if event[4] not in (events.GTID, events.GTID_TAGGED):
                raise DamagedLog(f"{path.name}: no transaction begins at {at}")
            begin = events.begin(event)
            yield begin, at
            file.seek(at + begin.length)


def format_event(path: Path) -> bytes:
    """The format description that a segment begins with. Raises DamagedLog."""
    with path.open("rb") as file:
        return events.read_opening(file, path.name)
