"""A client under whose writes backups are taken: it knows what its rows were at any moment."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

import pymysql


@dataclass
class Writer:
    """Inserts, changes and deletes rows of its own, and notes each change with the times around it."""

    number: int
    changes: list[tuple[float, float, int, str | None]] = field(default_factory=list)

    def run(self, connection: pymysql.Connection, until: float) -> None:
        chance = random.Random(self.number)
        with connection.cursor() as cursor:
            while time.time() < until:
                key, value = chance.randrange(40), f"{chance.random()}-{'x' * chance.choice((1, 50, 3000))}"
                began = time.time()
                if chance.random() < 0.25:
                    done = cursor.execute("DELETE FROM app.t WHERE writer = %s AND k = %s", (self.number, key))
                    self.changes += [(began, time.time(), key, None)] if done else []
                else:
                    cursor.execute("REPLACE INTO app.t (writer, k, v) VALUES (%s, %s, %s)", (self.number, key, value))
                    self.changes.append((began, time.time(), key, value))
                time.sleep(chance.choice((0, 0, 0.01)))

    def states(self, first: float, last: float) -> list[dict[int, str]]:
        """What its rows may be at a moment that is not before ``first`` and not after ``last``."""
        state: dict[int, str] = {}
        possible: list[dict[int, str]] = []
        for began, ended, key, value in self.changes:
            if ended > first:
                possible.append(dict(state))
            if began > last:
                return possible
            state.pop(key, None) if value is None else state.update({key: value})
        return [*possible, state]
