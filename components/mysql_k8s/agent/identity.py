"""What a member's data says of itself: rows of the schema `mysql_k8s`, which the data may not have yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import pymysql

from .mysqld import Mysqld, Row

OF_CLUSTER = "SELECT primary_uuid, declared FROM mysql_k8s.cluster WHERE id = 1"
OF_GROUP = "SELECT name, epoch FROM mysql_k8s.replication_group WHERE id = 1"
NO_SUCH_TABLE = frozenset({1049, 1146})

T = TypeVar("T")


def row_of(mysqld: Mysqld, query: str) -> Row | None:
    """The only row that the query finds, or None: also if the data has no such table."""
    try:
        return next(iter(mysqld.rows(query)), None)
    except pymysql.MySQLError as error:
        if error.args[0] in NO_SUCH_TABLE:
            return None
        raise


def read_identity(mysqld: Mysqld) -> Row | None:
    """The cluster's identity as this member's data records it, or None if the data has none."""
    return row_of(mysqld, OF_CLUSTER)


def read_group_identity(mysqld: Mysqld) -> Row | None:
    """Name and epoch of the group as this member's data records them, or None if it records none."""
    return row_of(mysqld, OF_GROUP)


class Kept(Generic[T]):
    """What is read from the data: it changes only by a transaction, so it is read again after one."""

    def __init__(self, mysqld: Mysqld, read: Callable[[Mysqld], T]) -> None:
        self._mysqld = mysqld
        self._read = read
        self._kept: tuple[tuple[int, str], T] | None = None

    def at(self, executed: str) -> T:
        """``executed``: the transactions that the data has now."""
        key = (self._mysqld.generation, executed)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self._read(self._mysqld))
        return self._kept[1]
