"""How an empty MariaDB gets its data: a physical backup, streamed by the donor, made ready, moved into place.

The steps, each a job in the server's container (``jobs.sh``) or a question to a server:

1. ``take``: unpack the stream into ``.provision`` on the member's own volume, emptied first. The empty server runs on.
2. ``prepare``: only if the stream came to its end, which the donor marks: apply the log that was written meanwhile.
3. ``finish``: start a private server on it, give it its position, read it back, stop it; then it is ``.provisioned``.
4. The member is found to be empty once more, and its server is stopped: ``run.sh`` puts ``.provisioned`` in its place.

Whatever fails before the last step leaves the member as it was, and is begun anew from the first.
"""

from __future__ import annotations

import http.client
import threading
import time
from pathlib import Path

import pymysql

from . import copying
from .gtid import GtidSet
from .gtid_mariadb import from_state, state_at, to_state
from .jobs import Job, JobFailed
from .mysqld import Mysqld, Unreachable, mariadb
from .settings import RUN_FOLDER

RETRY_SECONDS = 3.0
STOP_SECONDS = 600.0
REPLACE = RUN_FOLDER / "replace"
PRIVATE_SOCKET = RUN_FOLDER / "provision.sock"


class StreamProvisioner:
    """See ``engine.Provisioner``."""

    def __init__(self) -> None:
        self.donor: int | None = None
        self.error: str | None = None
        self._thread: threading.Thread | None = None
        self._failed_at = -RETRY_SECONDS
        self._done = self._expected = 0

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, donor: int, host: str) -> None:
        if self.running or time.monotonic() - self._failed_at < RETRY_SECONDS:
            return
        self.donor, self.error = donor, None
        self._done = self._expected = 0
        self._thread = threading.Thread(target=self._run, args=(host,), daemon=True)
        self._thread.start()

    def progress(self) -> tuple[int, int]:
        return self._done, max(self._done, self._expected)

    def _run(self, host: str) -> None:
        mysqld = mariadb(None)
        try:
            if is_empty(mysqld):
                before = copying.held_by(host)
                copying.take(host, self._told)
                finish(copying.prepare(), before, copying.held_by(host))
                replace_empty(mysqld)
        except (JobFailed, OSError, http.client.HTTPException, pymysql.MySQLError, Unreachable, ValueError) as error:
            self.error = f"taking the data of {host} failed: {error}"
            self._failed_at = time.monotonic()
        finally:
            mysqld.close()

    def _told(self, done: int, expected: int) -> None:
        self._done, self._expected = done, expected


def finish(position: str, before: GtidSet, after: GtidSet) -> None:
    """Give the copy its position, by a private server on it, and read it back before it counts as complete."""
    state = state_at(position, before, after)
    with Job("finish") as job:
        server = mariadb(None, PRIVATE_SOCKET)
        try:
            wait_for(server, job)
            give_position(server, position, state)
            (job.folder / "complete").touch()
            server.run("SHUTDOWN")
        finally:
            server.close()
        job.finish(STOP_SECONDS)


def wait_for(server: Mysqld, job: Job) -> None:
    """Until the private server answers. Raises JobFailed if it ends instead."""
    while True:
        try:
            server.rows("SELECT 1")
            return
        except Unreachable as error:
            if (job.folder / "status").exists() or not job.folder.exists():
                raise JobFailed(f"the copy does not start: {job.last_words()}") from error
            time.sleep(0.5)


def give_position(server: Mysqld, position: str, state: GtidSet) -> None:
    """The binary log's state says what the copy holds; the followed position says where replication goes on."""
    server.rows("SET GLOBAL gtid_binlog_state = %s", (to_state(state),))
    server.rows("SET GLOBAL gtid_slave_pos = %s", (position,))
    found = server.rows("SELECT @@GLOBAL.gtid_binlog_state AS state, @@GLOBAL.gtid_binlog_pos AS newest")[0]
    if from_state(found["state"]) != state or not state:
        raise JobFailed(f"the copy says that it holds {found['state'] or 'nothing'}, not {state}")
    if from_state(found["newest"]) != from_state(position):
        raise JobFailed(f"the copy says that {found['newest']} is the newest that it holds, not {position}")


def is_empty(mysqld: Mysqld) -> bool:
    """Whether it holds no transaction, and follows nobody from whom it may receive one."""
    row = mysqld.rows("SELECT @@GLOBAL.gtid_binlog_state AS state, @@GLOBAL.gtid_slave_pos AS followed")[0]
    return not row["state"] and not row["followed"] and not mysqld.rows("SHOW SLAVE STATUS")


def replace_empty(mysqld: Mysqld, order: Path | None = None) -> None:
    """Have the copy take the place of this member's data, which holds no transaction: proven here, last of all."""
    if not is_empty(mysqld):
        raise JobFailed("this member is no longer empty: its data stays")
    (order or REPLACE).touch()
    mysqld.run("SHUTDOWN")
