"""The throw-away mysqld in the container beside: started and stopped by files, spoken to over its socket."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from .settings import RUN_FOLDER

SOCKET = RUN_FOLDER / "mysqld.sock"
START_SECONDS = 3600.0
"""Crash recovery, or an upgrade of the data, may take long; the job's own deadline comes first."""

ROOT_BY_SOCKET = (
    "UPDATE mysql.user SET plugin = 'auth_socket', authentication_string = 'mysql' "
    "WHERE user = 'root' AND host = 'localhost';\n"
)

ALONE = (
    "--skip-log-bin",
    "--log-replica-updates=OFF",
    "--skip-networking",
    "--server-id=99",
    "--max-connections=20",
    "--innodb-buffer-pool-size=268435456",
    "--innodb-buffer-pool-instances=1",
    "--innodb-flush-log-at-trx-commit=0",
    "--sync-relay-log=0",
    "--relay-log-recovery=OFF",
    "--relay-log=relay",
    "--relay-log-purge=ON",
    "--loose-rpl-semi-sync-replica-enabled=OFF",
)
"""Nobody connects to it, nothing reads a binary log of it, and a crash only means to begin anew."""

Row = dict[str, Any]


class ScratchFailed(Exception):
    """The throw-away mysqld ended when it was not to."""


class Scratch:
    """``data``: its data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._connection: pymysql.Connection[DictCursor] | None = None

    def initialise(self) -> None:
        """Make an empty data directory. Raises ScratchFailed."""
        script = RUN_FOLDER / "initialise.sql"
        script.write_text(ROOT_BY_SOCKET)
        self._ask("--initialize-insecure", "--skip-log-bin", "--auto-generate-certs=OFF", f"--init-file={script}")
        self._wait_until_ended("initialising a data directory")

    def start(self, *options: str) -> None:
        """Start it and wait until it answers. Raises ScratchFailed."""
        self._ask(*ALONE, *options)
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Raises ScratchFailed if it ends instead."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if (status := self._status()) is not None:
                raise ScratchFailed(f"mysqld ended with status {status} instead of starting; its log says why")
            try:
                self.rows("SELECT 1")
                return
            except pymysql.MySQLError:
                self.close()
                time.sleep(0.2)
        raise ScratchFailed(f"mysqld did not answer within {START_SECONDS:.0f} s")

    def stop(self) -> None:
        """Shut it down in order. Raises ScratchFailed."""
        self.rows("SHUTDOWN")
        self.close()
        self._wait_until_ended("shutting down")

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
                unix_socket=str(SOCKET), user="root", autocommit=True, connect_timeout=5, ssl_disabled=True,
                cursorclass=DictCursor,
            )  # fmt: skip
        return self._connection

    def _ask(self, *options: str) -> None:
        (RUN_FOLDER / "status").unlink(missing_ok=True)
        half = RUN_FOLDER / "start.new"
        half.write_text("".join(f"{option}\n" for option in (f"--datadir={self._data}", *options)))
        half.replace(RUN_FOLDER / "start")

    def _status(self) -> int | None:
        try:
            return int((RUN_FOLDER / "status").read_text())
        except FileNotFoundError:
            return None

    def _wait_until_ended(self, doing: str) -> None:
        end = time.monotonic() + START_SECONDS
        while (status := self._status()) is None:
            if time.monotonic() > end:
                raise ScratchFailed(f"{doing} took longer than {START_SECONDS:.0f} s")
            time.sleep(0.1)
        if status != 0:
            raise ScratchFailed(f"{doing} ended with status {status}; the log of mysqld says why")
