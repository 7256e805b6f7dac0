"""Clients of a group of real mysqld processes: one at each member, writing to whoever lets it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from types import TracebackType

import pymysql
from mysqld_group import GroupMember

PAUSE_SECONDS = 0.01
READ_SECONDS = 3
RETRY_SECONDS = 0.02


class Writers:
    """Remembers when each member acknowledged a write; moments are those of time.monotonic()."""

    def __init__(self, members: Iterable[GroupMember]) -> None:
        self.acknowledged: dict[int, list[float]] = {}
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        for member in members:
            self.acknowledged[member.ordinal] = []
            self._threads.append(threading.Thread(target=self._write, args=(member,), daemon=True))

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(2 * READ_SECONDS)

    def first_after(self, moment: float, but: int) -> float | None:
        """When a member other than ``but`` first acknowledged a write after a moment; None: none has yet."""
        moments = (m for ordinal, times in self.acknowledged.items() if ordinal != but for m in times[:] if m > moment)
        return min(moments, default=None)

    def everything(self) -> list[float]:
        """Every moment at which any member acknowledged a write, in order."""
        return sorted(moment for times in self.acknowledged.values() for moment in times[:])

    def _write(self, member: GroupMember) -> None:
        while not self._over.is_set():
            try:
                self._write_over_one_connection(member)
            except (pymysql.MySQLError, OSError):
                self._over.wait(RETRY_SECONDS)

    def _write_over_one_connection(self, member: GroupMember) -> None:
        connection = pymysql.connect(
            unix_socket=str(member.socket), user="root", ssl_disabled=True, autocommit=True,
            connect_timeout=READ_SECONDS, read_timeout=READ_SECONDS,
        )  # fmt: skip
        with connection, connection.cursor() as cursor:
            while not self._over.is_set():
                cursor.execute("INSERT INTO app.moments VALUES ()")
                self.acknowledged[member.ordinal].append(time.monotonic())
                self._over.wait(PAUSE_SECONDS)
