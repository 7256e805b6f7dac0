"""Collects MariaDB's event stream into whole transactions, and finds them again in a segment's file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from . import events
from . import events_mariadb as mariadb
from .events import Begin, DamagedLog
from .segments import spooled


class MariaDBCollector:
    """As ``segments.Collector``, for events of which only the last of a transaction tells where that ends."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._begin: Begin | None = None
        self._held: BinaryIO | None = None
        self._alone = False
        self._checksums = False
        self.format_event: bytes | None = None

    def take(self, event: bytes) -> tuple[Begin, BinaryIO] | None:
        """The transaction that this event completes, if it does. Raises DamagedLog."""
        kind = event[4]
        if kind == events.FORMAT:
            self.format_event = event
            self._checksums = events.has_checksums(event)
            # A server that crashed may leave the beginning of a transaction at a log's end. It was never committed.
            self._begin = self._held = None
        if kind in mariadb.BETWEEN:
            return None
        if self._checksums:
            events.check(event)
        if kind == mariadb.GTID:
            self._open(event)
        if self._begin is None or self._held is None:
            raise DamagedLog(f"an event of type {kind} outside a transaction")
        self._held.write(event)
        self._begin = self._begin._replace(length=self._begin.length + len(event))
        if kind == mariadb.GTID or not mariadb.ends_transaction(event, alone=self._alone, checksums=self._checksums):
            return None
        begin, held = self._begin, self._held
        self._begin = self._held = None
        return begin, held

    def _open(self, event: bytes) -> None:
        if self._begin is not None:
            raise DamagedLog(f"transaction {self._begin.source}-{self._begin.number} has no end")
        self._begin, self._alone = mariadb.begin(event), mariadb.stands_alone(event)
        self._held = spooled(self._spool)


def transactions(path: Path) -> Iterator[tuple[Begin, int]]:
    """As ``segments.transactions``: a transaction ends where the next one begins. Raises DamagedLog."""
    begin: Begin | None = None
    at = 0
    for offset, size, event in _events(path):
        if event[4] == mariadb.GTID:
            if begin is not None:
                yield begin, at
            begin, at = mariadb.begin(event)._replace(length=size), offset
        elif begin is not None:
            begin = begin._replace(length=begin.length + size)
        elif event[4] != mariadb.GTID_LIST:
            raise DamagedLog(f"{path.name}: no transaction begins at {offset}")
    if begin is not None:
        yield begin, at


def _events(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Every event behind the format description: where it is, how long, and its first bytes, all of a GTID's."""
    total = path.stat().st_size
    with path.open("rb") as file:
        events.read_opening(file, path.name)
        offset = file.tell()
        while offset < total:
            file.seek(offset)
            first = file.read(mariadb.GTID_BYTES)
            size = events.header(first).size
            if size < events.HEADER_BYTES or offset + size > total:
                raise DamagedLog("the log ends within an event")
            yield offset, size, first
            offset += size
