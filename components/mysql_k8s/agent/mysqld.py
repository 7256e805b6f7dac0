"""The agent's connection to its own server, over the socket, as a user of the operating system: no password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from .settings import RUN_FOLDER

SOCKET = RUN_FOLDER / "mysqld.sock"
CONNECT_SECONDS = 3
ANSWER_SECONDS = 10
FROZEN_SECONDS = 4
"""Above the three seconds that a member may stand still without losing anything, below those after which the others of
a group suspect it."""

SESSION = "SET SESSION lock_wait_timeout = 5"
IN_A_GROUP = f"{SESSION}, group_replication_consistency = 'EVENTUAL'"
"""Under the group's own consistency, asking a new primary for its state would wait for its backlog."""

Row = dict[str, Any]
_VERSION = re.compile(r"[\d.]+")


class Unreachable(Exception):
    """mysqld does not answer."""


class Mysqld:
    """A connection that is opened when needed and again after it broke.

    Not thread-safe: each thread has its own. ``generation`` counts the connections: a new one may mean a new mysqld.
    ``socket``: another one than that of the member's own server.
    """

    def __init__(
        self,
        answer_seconds: int | None = ANSWER_SECONDS,
        session: str = SESSION,
        user: str = "root",
        socket: Path | None = None,
    ) -> None:
        self.generation = 0
        self._session = session
        self._user = user
        self._socket = socket
        self._answer_seconds = answer_seconds
        self._connection: pymysql.Connection[DictCursor] | None = None

    def beside(self, answer_seconds: int) -> Mysqld:
        """Another connection to the same server, for what may have to wait there."""
        return Mysqld(answer_seconds, self._session, self._user, self._socket)

    def rows(self, sql: str, values: tuple[object, ...] | None = None) -> list[Row]:
        """Run one statement and return its rows. Raises Unreachable, or pymysql.MySQLError for a refused statement."""
        connection = self._connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return list(cursor.fetchall())
        except (pymysql.OperationalError, pymysql.InterfaceError) as error:
            if is_connection_lost(error):
                self.close()
                raise Unreachable(str(error)) from error
            raise

    def run(self, *statements: str) -> None:
        """Run statements that return nothing, in order."""
        for statement in statements:
            self.rows(statement)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.open:
            connection.close()

    def _connect(self) -> pymysql.Connection[DictCursor]:
        if self._connection is None:
            try:
                self._connection = pymysql.connect(
                    unix_socket=str(self._socket or SOCKET),
                    user=self._user,
                    autocommit=True,
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=self._answer_seconds,
                    ssl_disabled=True,  # it never leaves the pod
                    cursorclass=DictCursor,
                    init_command=self._session,
                )
            except (pymysql.MySQLError, OSError) as error:
                raise Unreachable(str(error)) from error
            self.generation += 1
        return self._connection


def group_mysqld(answer_seconds: int | None = ANSWER_SECONDS) -> Mysqld:
    """A connection to the mysqld of a member of a group."""
    return Mysqld(answer_seconds, IN_A_GROUP)


MARIADB_USER = "mysql"
"""Account and operating system's user: MariaDB's ``unix_socket`` wants both to have the same name."""


def mariadb(answer_seconds: int | None = ANSWER_SECONDS, socket: Path | None = None) -> Mysqld:
    """A connection to a MariaDB. ``socket``: another one than that of the member's own server."""
    return Mysqld(answer_seconds, user=MARIADB_USER, socket=socket)


def is_connection_lost(error: Exception) -> bool:
    """Whether the error is about the connection (client errors 2xxx, server shutdown), not about the statement."""
    code = error.args[0] if error.args else 0
    return not isinstance(code, int) or code == 0 or 2000 <= code < 3000 or code in {1053, 1152, 1927, 4031}


def short_version(version: str) -> str:
    """``11.8.9-MariaDB-4 from Debian-log`` -> ``11.8.9``."""
    found = _VERSION.match(version)
    return found[0] if found else version
