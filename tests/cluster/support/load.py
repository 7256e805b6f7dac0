"""Clients at work while things break: writers with unique values, and a reader. Nothing is ever retried."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import pymysql
from pymysql.constants import ER
from pymysql.cursors import DictCursor

from .checker import longest_gap
from .clients import Endpoint, gtid_of_last
from .history import History, Outcome, Write
from .waiting import NotYet, wait_for

EVERY_SECONDS = 0.01
RECONNECT_SECONDS = 0.05

REFUSALS = frozenset({ER.OPTION_PREVENTS_STATEMENT, ER.ACCESS_DENIED_ERROR, ER.NO_SUCH_TABLE, 3032, 1836})
"""Errors that say for certain that nothing was done: read-only, offline mode, ... Any other one leaves it open."""


class Reachable(Protocol):
    """Something to connect to."""

    def connect(self) -> pymysql.Connection[DictCursor]:
        """Raises pymysql.MySQLError or OSError."""
        ...


class Client(threading.Thread):
    """Does one thing again and again on one connection, which it opens anew after an error."""

    every: float = EVERY_SECONDS

    def __init__(self, endpoint: Reachable, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._endpoint = endpoint
        self._connection: pymysql.Connection[DictCursor] | None = None
        self._end = threading.Event()
        self.last_error = ""

    def run(self) -> None:
        while not self._end.is_set():
            try:
                connection = self._connection or self._endpoint.connect()
            except (pymysql.MySQLError, OSError) as error:
                self.last_error = str(error)
                self.unreachable()
                self._end.wait(RECONNECT_SECONDS)
                continue
            self._connection = connection
            if not self.once(connection):
                self.drop()
            self._end.wait(self.every)
        self.drop()

    def once(self, connection: pymysql.Connection[DictCursor]) -> bool:
        """Do it; returns whether the connection is still good."""
        raise NotImplementedError

    def unreachable(self) -> None:
        """Called when no connection could be opened."""

    def drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and connection.open:
            connection._force_close()

    def end(self) -> None:
        self._end.set()
        self.join(timeout=10)
        assert not self.is_alive(), f"{self.name} does not end"


class Writer(Client):
    """Stores the numbers first, first + step, ..."""

    def __init__(self, endpoint: Endpoint, table: str, history: History, first: int, step: int) -> None:
        super().__init__(endpoint, f"writer-{first}")
        self._insert = f"INSERT INTO {table} (value) VALUES (%s)"
        self._history = history
        self._next = first
        self._step = step

    def once(self, connection: pymysql.Connection[DictCursor]) -> bool:
        value, self._next = self._next, self._next + self._step
        began = time.monotonic()
        outcome, gtid, problem = self._try(connection, value)
        self._history.note(Write(value, outcome, began, time.monotonic(), gtid, problem))
        return outcome is Outcome.OK

    def _try(self, connection: pymysql.Connection[DictCursor], value: int) -> tuple[Outcome, str | None, str]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(self._insert, (value,))
            return Outcome.OK, gtid_of_last(connection), ""
        except (pymysql.MySQLError, OSError) as error:
            self.last_error = str(error)
            return outcome_of(error), None, str(error)


def outcome_of(error: Exception) -> Outcome:
    """What an error tells of the commit that it answers."""
    refused = isinstance(error, pymysql.MySQLError) and error.args[0] in REFUSALS
    return Outcome.FAILED if refused else Outcome.UNKNOWN


@dataclass
class Reads:
    """When reads succeeded and failed."""

    good: list[float] = field(default_factory=list)
    bad: list[float] = field(default_factory=list)


class Reader(Client):
    """Counts the rows."""

    def __init__(self, endpoint: Endpoint, table: str) -> None:
        super().__init__(endpoint, "reader")
        self._select = f"SELECT COUNT(*) AS many FROM {table}"
        self.reads = Reads()

    def once(self, connection: pymysql.Connection[DictCursor]) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute(self._select)
        except (pymysql.MySQLError, OSError) as error:
            self.last_error = str(error)
            self.reads.bad.append(time.monotonic())
            return False
        self.reads.good.append(time.monotonic())
        return True


class Load:
    """Writers on one table, from entering the `with` block to leaving it."""

    def __init__(self, primary: Endpoint, table: str, writers: int) -> None:
        self.table = table
        self.history = History()
        self._writers = [Writer(primary, table, self.history, first, writers) for first in range(writers)]

    def __enter__(self) -> Self:
        for writer in self._writers:
            writer.start()
        try:
            self.wait_for_writes()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        for writer in self._writers:
            writer.end()

    @property
    def longest_gap(self) -> float:
        """The longest time without an acknowledged write, in seconds."""
        return longest_gap(w.ended for w in self.history.writes() if w.outcome is Outcome.OK)

    def wait_for_writes(self, more: int = 20, seconds: float = 30) -> None:
        """Wait until so many more writes were acknowledged."""
        before = self.history.acknowledged()

        def acknowledged() -> None:
            now = self.history.acknowledged()
            if now < before + more:
                errors = "; ".join(writer.last_error for writer in self._writers)
                raise NotYet(f"{now - before} acknowledged, last errors: {errors}")

        wait_for(f"{more} acknowledged writes", acknowledged, seconds, every=0.05)
