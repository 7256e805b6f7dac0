"""Connections to MySQL as an application makes them: to the Services, over TLS, with the server's name verified."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from .session_track import CLIENT_SESSION_TRACK, gtid_of

PORT = 3306
TELL_GTIDS = {
    "mysql": "SET SESSION session_track_gtids = OWN_GTID",
    "mariadb": "SET SESSION session_track_system_variables = 'last_gtid'",
}
SECONDS = 2


@dataclass(frozen=True)
class Endpoint:
    """Where to connect, and as whom. The address is the Service's or the pod's, so that no resolver is needed."""

    host: str
    """The name that the server must prove to have."""
    address: str
    user: str
    password: str
    ca_certificate: str
    database: str | None = None
    engine: str = "mysql"
    port: int = PORT

    def connect(self, seconds: float = SECONDS) -> pymysql.Connection[DictCursor]:
        """Raises pymysql.MySQLError or OSError."""
        connection: pymysql.Connection[DictCursor] = pymysql.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, database=self.database,
            ssl=ssl.create_default_context(cadata=self.ca_certificate), client_flag=CLIENT_SESSION_TRACK,
            autocommit=True, read_timeout=seconds, write_timeout=seconds, cursorclass=DictCursor, defer_connect=True,
            init_command=TELL_GTIDS[self.engine],
        )  # fmt: skip
        reached = socket.create_connection((self.address, self.port), timeout=seconds)
        reached.settimeout(seconds)
        try:
            connection.connect(reached)
        except BaseException:
            reached.close()
            raise
        return connection

    def rows(self, sql: str, *values: object, seconds: float = 10) -> list[dict[str, Any]]:
        """One statement on a connection of its own."""
        connection = self.connect(seconds)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return list(cursor.fetchall())
        finally:
            connection.close()


def gtid_of_last(connection: pymysql.Connection[Any]) -> str | None:
    """The GTID of the statement that the connection ran last; None if the server told none."""
    result = connection._result  # PyMySQL has no public way to the rest of an OK packet
    return gtid_of(result.message, result.server_status) if result and result.message else None
