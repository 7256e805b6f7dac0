"""What a server sends to a replica that asks by GTID: its binary log's events, for ever."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pymysql

from ..agent import dump
from ..agent.gtid import GtidSet

COM_BINLOG_DUMP_GTID = 0x1E
_THROUGH_GTID = 4
HEARTBEAT_NANOSECONDS = 500_000_000
"""So often that ``dump.SILENCE_SECONDS`` without one mean that the connection is dead."""
PURGED = 1236
"""ER_SOURCE_FATAL_ERROR_READING_BINLOG: among others, it no longer has what was asked for."""


def events(connection: pymysql.Connection[Any], server_id: int, known: GtidSet) -> Iterator[bytes]:
    """All events that are not in ``known``, then new ones as they come. Raises pymysql.MySQLError, OSError.

    Error 1236 (``PURGED``) if the server's binary logs no longer reach back that far.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET @source_binlog_checksum = 'CRC32'")
        cursor.execute(f"SET @source_heartbeat_period = {HEARTBEAT_NANOSECONDS}")
    encoded = encode(known)
    request = struct.pack("<HIIQI", _THROUGH_GTID, server_id, 0, 4, len(encoded)) + encoded
    return dump.packets(connection, COM_BINLOG_DUMP_GTID, request)


def encode(gtids: GtidSet) -> bytes:
    """The set as the protocol has it (``Gtid_set::encode``): intervals with the end excluded.

    With tags the header says so in its first and last byte, and each source has its tag's length and text.
    """
    tagged = any(":" in source for source in gtids.intervals)
    count = len(gtids.intervals)
    parts = [struct.pack("<Q", 1 << 56 | count << 8 | 1 if tagged else count)]
    for source, intervals in gtids.intervals.items():
        uuid, _, tag = source.partition(":")
        parts.append(bytes.fromhex(uuid.replace("-", "")))
        if tagged:
            parts.append(bytes([len(tag) << 1]) + tag.encode())
        parts.append(struct.pack("<Q", len(intervals)))
        parts += [struct.pack("<qq", first, last + 1) for first, last in intervals]
    return b"".join(parts)
