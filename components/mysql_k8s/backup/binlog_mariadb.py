"""MariaDB's binary log behind the seam: see ``engine.BinaryLog``.

Asked for as a replica does it (MariaDB documentation, "Replication Protocol"): by the last GTID that is known. The
server must have it in its own binary log, or its oldest log must begin just behind it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pymysql

from ..agent import dump
from ..agent.gtid import GtidSet
from ..agent.gtid_mariadb import position
from . import events, events_mariadb, segments_mariadb, stream
from .catalogue import Segment
from .donors import Member
from .engine import Collecting, Connection
from .events import Begin
from .sources import Gap

SERVER_ID = 98
"""A server ends an earlier connection of the same number. Members draw theirs from 1000 up."""
_UNDERSTANDS_GTIDS = 4
_FIRST_EVENT = 4


class MariaDBLog:
    def events(self, feed: Connection, known: GtidSet) -> Iterator[bytes]:
        """Raises Gap, too: the server alone knows whether the last GTID is one of its own history."""
        with feed.cursor() as cursor:
            cursor.execute(f"SET @mariadb_slave_capability = {_UNDERSTANDS_GTIDS}")
            cursor.execute("SET @master_binlog_checksum = 'CRC32'")
            cursor.execute(f"SET @master_heartbeat_period = {stream.HEARTBEAT_NANOSECONDS}")
            cursor.execute("SET @slave_connect_state = %s", (position(known),))
            cursor.execute("SET @slave_gtid_strict_mode = 1")
        try:
            yield from dump.packets(feed, dump.COM_BINLOG_DUMP, struct.pack("<IHI", _FIRST_EVENT, 0, SERVER_ID))
        except pymysql.MySQLError as error:
            if error.args[0] != stream.PURGED:
                raise
            raise Gap(f"the server cannot go on behind {position(known)}: {error.args[-1]}") from error

    def collector(self, spool: Path) -> Collecting:
        return segments_mariadb.MariaDBCollector(spool)

    def opening(self, format_event: bytes, after: GtidSet) -> bytes:
        return events_mariadb.opening(format_event, after)

    def transactions(self, path: Path) -> Iterator[tuple[Begin, int]]:
        return segments_mariadb.transactions(path)

    def committed_at(self, feed: Connection, source: Member, last: Segment) -> int | None:
        """Read again from where the segment begins: a server sends only what comes after a GTID that it has.

        That may be gigabytes, of one transaction; a heartbeat says that there is no more.
        """
        if not source.purged <= last.after:
            return None
        source_of_it, _, number = last.last_gtid.rpartition(":")
        for event in self.events(feed, last.after):
            if event[4] == events_mariadb.GTID:
                begin = events_mariadb.begin(event)
                if begin.number >= int(number):
                    return begin.committed if (begin.source, begin.number) == (source_of_it, int(number)) else 0
            if event[4] == events.HEARTBEAT:
                break
        raise TimeoutError(f"the server sent all that it has behind {position(last.after)}, but not {last.last_gtid}")

    def mark(self, executed: GtidSet) -> int | None:
        return max((intervals[-1][1] for intervals in executed.intervals.values()), default=0)
