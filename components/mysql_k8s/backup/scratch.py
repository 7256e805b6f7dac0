"""The throw-away server in the container beside: started and stopped by files, spoken to over its socket."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from .settings import RUN_FOLDER

SOCKET = RUN_FOLDER / "mysqld.sock"
START_SECONDS = 3600.0
"""Crash recovery, or an upgrade of the data, may take long; the job's own deadline comes first."""

Row = dict[str, Any]


class ScratchFailed(Exception):
    """The throw-away server ended when it was not to."""


@dataclass(frozen=True)
class Server:
    """What is started, and who gets in by the socket."""

    program: str
    user: str
    options: tuple[str, ...]


class Scratch:
    """``data``: its data directory."""

    def __init__(self, data: Path, server: Server) -> None:
        self._data = data
        self._server = server
        self._connection: pymysql.Connection[DictCursor] | None = None

    def start(self, *options: str) -> None:
        """Start it and wait until it answers. Raises ScratchFailed."""
        self.ask(*self._server.options, *options)
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Raises ScratchFailed if it ends instead."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if (status := self._status()) is not None:
                raise ScratchFailed(f"the server ended with status {status} instead of starting; its log says why")
            try:
                self.rows("SELECT 1")
                return
            except pymysql.MySQLError:
                self.close()
                time.sleep(0.2)
        raise ScratchFailed(f"the server did not answer within {START_SECONDS:.0f} s")

    def stop(self) -> None:
        """Shut it down in order. Raises ScratchFailed."""
        self.rows("SHUTDOWN")
        self.close()
        self.wait_until_ended("shutting down")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run a statement. Raises pymysql.MySQLError."""
        with self._connect().cursor() as cursor:
            cursor.execute(sql, tuple(values) or None)
            return list(cursor.fetchall())

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.open:
            connection.close()

    def _connect(self) -> pymysql.Connection[DictCursor]:
        if self._connection is None:
            self._connection = pymysql.connect(
                unix_socket=str(SOCKET), user=self._server.user, autocommit=True, connect_timeout=5, ssl_disabled=True,
                cursorclass=DictCursor,
            )  # fmt: skip
        return self._connection

    def ask(self, *options: str) -> None:
        """Have it started, with just these options."""
        (RUN_FOLDER / "status").unlink(missing_ok=True)
        half = RUN_FOLDER / "start.new"
        words = (self._server.program, f"--datadir={self._data}", *options)
        half.write_text("".join(f"{word}\n" for word in words))
        half.replace(RUN_FOLDER / "start")

    def _status(self) -> int | None:
        try:
            return int((RUN_FOLDER / "status").read_text())
        except FileNotFoundError:
            return None

    def wait_until_ended(self, doing: str) -> None:
        """Raises ScratchFailed unless it ends with success."""
        end = time.monotonic() + START_SECONDS
        while (status := self._status()) is None:
            if time.monotonic() > end:
                raise ScratchFailed(f"{doing} took longer than {START_SECONDS:.0f} s")
            time.sleep(0.1)
        if status != 0:
            raise ScratchFailed(f"{doing} ended with status {status}; its log says why")
