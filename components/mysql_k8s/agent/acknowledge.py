"""Tells a MariaDB primary once more what its replica has received.

An acknowledgement that is on its way when a connection ends is lost. A replica that connects again by GTID is sent
nothing that it has, so it acknowledges nothing, and the primary waits for ever; every later commit waits behind that
one, unsent. Seen after 30 s in which the primary stood still. (MySQL takes what it skips for acknowledged.)

Whoever asks for the binary log by file and position says thereby that it has what comes before: the server takes that
for an acknowledgement (``Repl_semi_sync_master::dump_start``). So the agent asks in its replica's stead, for nothing.
"""

from __future__ import annotations

import secrets
import struct

from . import dump
from .accounts import REPLICATION, password
from .mysqld import Mysqld
from .settings import MYSQL_PORT, TLS_FOLDER

HEARTBEAT_NANOSECONDS = 100_000_000
"""So soon the server sees that nobody reads what it would go on to send."""


def acknowledge_again(replica: Mysqld, primary: str) -> bool:
    """Whether the primary was told. Raises Unreachable, pymysql.MySQLError or OSError.

    It is not told of a position whose transactions the replica has not received in full: the primary's own binary log
    says which GTID a position stands for.
    """
    status = replica.rows("SHOW SLAVE STATUS")[0]
    file, position = str(status["Master_Log_File"]), int(status["Read_Master_Log_Pos"])
    with dump.connect(primary, MYSQL_PORT, REPLICATION, password("replication"), TLS_FOLDER / "ca.crt") as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT BINLOG_GTID_POS(%s, %s)", (file, position))
            if cursor.fetchone() != (status["Gtid_IO_Pos"],):
                return False
            cursor.execute("SET @rpl_semi_sync_slave = 1")
            cursor.execute("SET @master_binlog_checksum = 'CRC32'")
            cursor.execute(f"SET @master_heartbeat_period = {HEARTBEAT_NANOSECONDS}")
        # A server ends an earlier connection of the same number. Members draw theirs from 1000 up.
        number = 100 + secrets.randbelow(900)
        request = struct.pack("<IHI", position, 0, number) + file.encode()
        next(dump.packets(connection, dump.COM_BINLOG_DUMP, request))  # it answers when it has taken note
    return True
