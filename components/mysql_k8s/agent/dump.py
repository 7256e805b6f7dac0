"""What a server sends to whoever asks for its binary log, over TLS.

PyMySQL has no public call for a command that is answered by a stream of packets: ``_execute_command`` and
``_read_packet`` are its own building blocks (the bundle carries the version that was tested).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pymysql

COM_BINLOG_DUMP = 0x12
SILENCE_SECONDS = 10
"""A server that sends heartbeats is taken for dead after so long without one."""
STORING_SECONDS = 3600
"""For so long a server waits to send more, while what it sent before is stored: a transaction of gigabytes."""


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


def packets(connection: pymysql.Connection[Any], command: int, request: bytes) -> Iterator[bytes]:
    """What the server sends for a command, until it says that this was all. Raises pymysql.MySQLError, OSError.

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
