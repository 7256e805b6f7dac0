"""Serves this member's data to another member: mariadb-backup's stream, over the agents' own port and certificates."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import pymysql

from .copying import CHUNK, EXPECTED
from .jobs import Job
from .mysqld import Unreachable, mariadb
from .server import Answer, Streaming
from .settings import Settings

MOST_STREAMS = 1
"""At the same time: every stream reads all of the data, and clients of this member wait for the same disk."""
END_SECONDS = 600.0
SIZE = """
SELECT COALESCE(SUM(bytes), 0) AS bytes FROM (
  SELECT FILE_SIZE AS bytes FROM information_schema.INNODB_SYS_TABLESPACES
  UNION ALL
  SELECT (clustered_index_size + sum_of_other_index_sizes) * @@innodb_page_size FROM mysql.innodb_table_stats
   WHERE CONCAT(database_name, '/', table_name) NOT IN (
     SELECT NAME FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME IS NOT NULL)
) AS tables
"""
"""About how much there is to send. MariaDB lists the tables only that were opened since it started: of the others, what
InnoDB's statistics say."""


class Donor:
    """Answers members that ask for all data. ``settings``: the cluster as declared now."""

    def __init__(
        self, settings: Callable[[], Settings], folder: Path | None = None, socket: Path | None = None
    ) -> None:
        """``folder``, ``socket``: others than the pod's."""
        self._settings = settings
        self._folder = folder
        self._socket = socket
        self._free = threading.BoundedSemaphore(MOST_STREAMS)

    def serve(self, names: Iterable[str]) -> Answer | Streaming:
        """``names``: those that the asking side's verified certificate is for."""
        if not is_member(names, self._settings()):
            return 403, "only a member of this cluster, by its certificate, may have the data\n"
        if not self._free.acquire(blocking=False):
            return 503, "already giving its data to another member; ask again\n"
        return Streaming({EXPECTED: str(self._expected_bytes())}, backup(self._folder), self._free.release)

    def _expected_bytes(self) -> int:
        mysqld = mariadb(5, self._socket)
        try:
            return int(mysqld.rows(SIZE)[0]["bytes"])
        except (pymysql.MySQLError, Unreachable):
            return 0
        finally:
            mysqld.close()


def backup(folder: Path | None) -> Generator[bytes]:
    """The stream. It ends without an error only if the backup is complete. Raises JobFailed or OSError."""
    with Job("give", folder) as job:
        pipe = job.open_for_reading()
        while chunk := os.read(pipe, CHUNK):
            yield chunk
        job.finish(END_SECONDS)


def is_member(names: Iterable[str], settings: Settings) -> bool:
    """Whether a certificate is for a member's own name; the cluster's own certificate has a wildcard in its place."""
    domain = re.escape(f".{settings.service}.{settings.namespace}.svc")
    member = re.compile(rf"(\*|{re.escape(settings.name)}-\d+){domain}")
    return any(member.fullmatch(name) for name in names)
