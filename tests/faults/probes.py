"""Clients that find what a plain set of writes cannot show: order, lost updates, reads that are too old."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pymysql
from cluster.support.clients import gtid_of_last
from cluster.support.history import History, Outcome
from cluster.support.load import Client, Reachable, Reads, outcome_of
from pymysql.cursors import DictCursor

from .records import Append, Attempt, Increment, StaleRead

LIST_SECONDS = 4
"""So long all appenders work on one list; then on the next one, so that lists stay short."""


class ListAppender(Client):
    """Reads a list with a lock, appends an element of its own to what it read, and stores the whole."""

    every = 0.05

    def __init__(self, endpoint: Reachable, table: str, first: int, step: int) -> None:
        super().__init__(endpoint, f"appender-{first}")
        self._read = f"SELECT elements FROM {table} WHERE id = %s FOR UPDATE"
        self._store = f"REPLACE INTO {table} (id, elements) VALUES (%s, %s)"
        self._step = step
        self._next = first
        self.appends: list[Append] = []

    def once(self, connection: pymysql.Connection[DictCursor]) -> bool:
        element, self._next = self._next, self._next + self._step
        key = int(time.monotonic()) // LIST_SECONDS
        append = self._try(connection, key, element)
        self.appends.append(append)
        return append.outcome is Outcome.OK

    def _try(self, connection: pymysql.Connection[DictCursor], key: int, element: int) -> Append:
        seen: tuple[int, ...] = ()
        try:
            connection.begin()
            with connection.cursor() as cursor:
                cursor.execute(self._read, (key,))
                row = cursor.fetchone()
                seen = elements(row["elements"]) if row else ()
                cursor.execute(self._store, (key, text((*seen, element))))
        except (pymysql.MySQLError, OSError) as error:
            # The commit was not asked for, so it cannot happen any more.
            self.last_error = str(error)
            return Append(key, element, seen, Outcome.FAILED, time.monotonic(), error=str(error))
        try:
            connection.commit()
        except (pymysql.MySQLError, OSError) as error:
            self.last_error = str(error)
            return Append(key, element, seen, outcome_of(error), time.monotonic(), error=str(error))
        return Append(key, element, seen, Outcome.OK, time.monotonic(), gtid_of_last(connection))


def elements(stored: str) -> tuple[int, ...]:
    """A list as its column holds it."""
    return tuple(int(each) for each in stored.split())


def text(values: Sequence[int]) -> str:
    """A list as its column is to hold it."""
    return " ".join(map(str, values))


class Incrementer(Client):
    """Adds one to a row that others add to as well, and has the server tell the result."""

    every = 0.05

    def __init__(self, endpoint: Reachable, table: str, number: int) -> None:
        super().__init__(endpoint, f"incrementer-{number}")
        self._add = f"UPDATE {table} SET value = LAST_INSERT_ID(value + 1) WHERE id = 1"
        self.increments: list[Increment] = []

    def once(self, connection: pymysql.Connection[DictCursor]) -> bool:
        increment = self._try(connection)
        self.increments.append(increment)
        return increment.outcome is Outcome.OK

    def _try(self, connection: pymysql.Connection[DictCursor]) -> Increment:
        try:
            with connection.cursor() as cursor:
                cursor.execute(self._add)
                result = cursor.lastrowid
            return Increment(result, Outcome.OK, time.monotonic(), gtid_of_last(connection))
        except (pymysql.MySQLError, OSError) as error:
            self.last_error = str(error)
            return Increment(None, outcome_of(error), time.monotonic(), error=str(error))


class FreshReader(Client):
    """Reads at the primary's Service what was acknowledged a moment before: all of it must be there."""

    every = 0.05
    newest = 5

    def __init__(self, endpoint: Reachable, table: str, history: History) -> None:
        super().__init__(endpoint, "fresh-reader")
        self._table = table
        self._history = history
        self.stale: list[StaleRead] = []
        self.reads = Reads()

    def once(self, connection: pymysql.Connection[DictCursor]) -> bool:
        expected = self._history.last_acknowledged(self.newest)
        began = time.monotonic()
        try:
            found, server = self._found(connection, expected)
        except (pymysql.MySQLError, OSError) as error:
            self.last_error = str(error)
            self.reads.bad.append(time.monotonic())
            return False
        self.reads.good.append(time.monotonic())
        missing = sorted(set(expected) - found)
        if missing:
            self.stale.append(StaleRead(began, server, tuple(missing)))
        return True

    def _found(self, connection: pymysql.Connection[DictCursor], expected: Sequence[int]) -> tuple[set[int], str]:
        places = ", ".join(["%s"] * len(expected)) or "NULL"
        with connection.cursor() as cursor:
            # One statement, so that the name is that of the server which answered.
            cursor.execute(
                f"SELECT @@hostname AS server, value FROM (SELECT 1) AS one LEFT JOIN {self._table} "
                f"ON value IN ({places})",
                tuple(expected) or None,
            )
            rows: list[dict[str, Any]] = list(cursor.fetchall())
        return {row["value"] for row in rows if row["value"] is not None}, rows[0]["server"]


class MemberProbe(Client):
    """Tries to write at one member, whatever its role: how two primaries show themselves."""

    every = 0.2

    def __init__(self, member: str, endpoint: Reachable, table: str) -> None:
        super().__init__(endpoint, f"probe-{member}")
        self._member = member
        self._insert = f"INSERT INTO {table} (member) VALUES (%s)"
        self.attempts: list[Attempt] = []

    def once(self, connection: pymysql.Connection[DictCursor]) -> bool:
        began = time.monotonic()
        try:
            with connection.cursor() as cursor:
                cursor.execute(self._insert, (self._member,))
        except (pymysql.MySQLError, OSError) as error:
            self.last_error = str(error)
            self._note(began, accepted=False)
            # A member that refuses because it is no primary need not be connected to anew.
            return outcome_of(error) is Outcome.FAILED
        self._note(began, accepted=True)
        return True

    def unreachable(self) -> None:
        self._note(time.monotonic(), accepted=False)

    def _note(self, began: float, *, accepted: bool) -> None:
        self.attempts.append(Attempt(self._member, began, time.monotonic(), accepted))
