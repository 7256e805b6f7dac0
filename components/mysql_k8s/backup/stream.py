"""What a server sends to a replica that asks by GTID: its binary log's events, for ever, over TLS.

PyMySQL has no public call for a command that is answered by an endless stream: ``_execute_command`` and
``_read_packet`` are its own building blocks (the bundle carries the version that was tested).
"""

from __future__ import annotations

import ssl
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pymysql

from ..agent.gtid import GtidSet

COM_BINLOG_DUMP_GTID = 0x1E
_THROUGH_GTID = 4
HEARTBEAT_NANOSECONDS = 500_000_000
SILENCE_SECONDS = 10
"""The server sends a heartbeat twice a second: after so long without one the connection is dead."""
STORING_SECONDS = 3600
"""For so long a server waits to send more, while what it sent before is stored: a transaction of gigabytes."""
PURGED = 1236
"""ER_SOURCE_FATAL_ERROR_READING_BINLOG: among others, it no longer has what was asked for."""


def connect(host: str, port: int, user: str, password: str, ca: Path) -> pymysql.Connection[Any]:
    """A connection over TLS with the server's name verified. Raises pymysql.MySQLError."""
    return pymysql.connect(
        host=host,
        port=port,
        user=user,
        password=password,
        ssl=ssl.create_default_context(cafile=str(ca)),
        connect_timeout=5,
        read_timeout=SILENCE_SECONDS,
        autocommit=True,
        init_command=f"SET SESSION net_write_timeout = {STORING_SECONDS}",
    )


def events(connection: pymysql.Connection[Any], server_id: int, known: GtidSet) -> Iterator[bytes]:
    """All events that are not in ``known``, then new ones as they come. Raises pymysql.MySQLError, OSError.

    Error 1236 (``PURGED``) if the server's binary logs no longer reach back that far.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET @source_binlog_checksum = 'CRC32'")
        cursor.execute(f"SET @source_heartbeat_period = {HEARTBEAT_NANOSECONDS}")
    encoded = encode(known)
    request = struct.pack("<HIIQI", _THROUGH_GTID, server_id, 0, 4, len(encoded)) + encoded
    return packets(connection, COM_BINLOG_DUMP_GTID, request)


def packets(connection: pymysql.Connection[Any], command: int, request: bytes) -> Iterator[bytes]:
    """What the server sends for a command, without end. Raises pymysql.MySQLError, OSError.

    An event may be as large as a row before and after its change: no more than needed is kept of it at a time.
    """
    raw = cast(Any, connection)
    raw._execute_command(command, request)
    while True:
        packet = raw._read_packet()
        if packet.is_eof_packet():
            return
        event = packet.get_all_data()[1:]
        del packet
        yield event
        del event


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
