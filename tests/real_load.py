"""Clients of a cluster of real servers: they write to whoever lets them, and note what was acknowledged, and when."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pymysql
from real_rounds import Rounds

INSERT = "INSERT INTO app.t VALUES (%s)"
ROWS = "SELECT id FROM app.t"


class Load:
    """``connects``: for each member, how its client connects."""

    def __init__(self, *connects: Callable[[], pymysql.Connection[Any]]) -> None:
        self.acknowledged: list[tuple[float, int]] = []
        self._over = False
        self._numbers = itertools.count(1)
        self._threads = [threading.Thread(target=self._write, args=(each,), daemon=True) for each in connects]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        for thread in self._threads:
            thread.join(10)

    @property
    def longest_gap(self) -> float:
        """The longest time without an acknowledged write, in seconds."""
        times = sorted(when for when, _ in self.acknowledged)
        return max(after - before for before, after in itertools.pairwise(times))

    def wait_for_writes(self, cluster: Rounds[Any], more: int = 20) -> None:
        count = len(self.acknowledged)
        cluster.until("writes", lambda: len(self.acknowledged) > count + more)

    def nothing_lost(self, cluster: Rounds[Any], seconds: float = 180.0) -> None:
        """Every member has every acknowledged row. ``seconds``: for the cluster to be whole again."""
        cluster.until("whole cluster", lambda: cluster.is_whole, seconds)
        wanted = {number for _, number in self.acknowledged}
        assert wanted
        cluster.until(
            "equal data", lambda: all(wanted <= {row[0] for row in m.query(ROWS)} for m in cluster.members), 30
        )

    def _write(self, connect: Callable[[], pymysql.Connection[Any]]) -> None:
        while not self._over:
            try:
                connection = connect()
                with connection, connection.cursor() as cursor:
                    while not self._over:
                        number = next(self._numbers)
                        cursor.execute(INSERT, (number,))
                        self.acknowledged.append((time.monotonic(), number))
                        time.sleep(0.01)
            except (pymysql.MySQLError, OSError):
                time.sleep(0.05)
