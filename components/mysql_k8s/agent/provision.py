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
import os
import ssl
import threading
import time
from pathlib import Path

import pymysql

from .gtid import GtidSet
from .gtid_mariadb import from_state, state_at, to_state
from .jobs import Job, JobFailed
from .mysqld import Mysqld, Unreachable, mariadb
from .settings import AGENT_PORT, RUN_FOLDER, TLS_FOLDER
from .wire import report_from_json

BACKUP_PATH = "/backup"
CHUNK = 256 * 1024
RETRY_SECONDS = 3.0
STALL_SECONDS = 60.0
"""A donor that sends nothing for so long is given up."""
PREPARE_SECONDS = 24 * 3600.0
STOP_SECONDS = 600.0
EXPECTED = "X-Expected-Bytes"
"""How much the donor expects to send; a header, as the stream's real length is known at its end only."""
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
                before = held_by(host)
                self._take(host)
                finish(prepare(), before, held_by(host))
                replace_empty(mysqld)
        except (JobFailed, OSError, http.client.HTTPException, pymysql.MySQLError, Unreachable, ValueError) as error:
            self.error = f"taking the data of {host} failed: {error}"
            self._failed_at = time.monotonic()
        finally:
            mysqld.close()

    def _take(self, host: str) -> None:
        """Pass the donor's stream on to the job that unpacks it: a slow disk holds the donor back."""
        connection = connection_to(host)
        try:
            response = ask(connection, BACKUP_PATH)
            self._expected = int(response.headers.get(EXPECTED, 0))
            with Job("take") as job:
                pipe = job.open_for_writing()
                while chunk := response.read(CHUNK):
                    write(pipe, chunk)
                    self._done += len(chunk)
                job.close_stream()
                job.finish(STALL_SECONDS)
        finally:
            connection.close()


def connection_to(host: str) -> http.client.HTTPSConnection:
    """To another member's agent; each verifies that the other is a member."""
    context = ssl.create_default_context(cafile=str(TLS_FOLDER / "ca.crt"))
    context.load_cert_chain(TLS_FOLDER / "tls.crt", TLS_FOLDER / "tls.key")
    return http.client.HTTPSConnection(host, AGENT_PORT, timeout=STALL_SECONDS, context=context)


def ask(connection: http.client.HTTPSConnection, path: str) -> http.client.HTTPResponse:
    """The answer. Raises JobFailed with what the other agent says if it refuses."""
    connection.request("GET", path)
    response = connection.getresponse()
    if response.status != http.client.OK:
        raise JobFailed(response.read(1000).decode(errors="replace").strip())
    return response


def held_by(host: str) -> GtidSet:
    """What the donor holds now."""
    connection = connection_to(host)
    try:
        return report_from_json(ask(connection, "/report").read()).executed
    finally:
        connection.close()


def write(pipe: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(pipe, left) :]


def prepare() -> str:
    """Make the copy consistent; returns the position that it has."""
    with Job("prepare") as job:
        job.finish(PREPARE_SECONDS)
        return position_of((job.folder / "binlog_info").read_text(encoding="utf-8"))


def position_of(binlog_info: str) -> str:
    """The GTID position that mariadb-backup noted: the third field. Raises JobFailed if it noted none."""
    fields = binlog_info.split()
    if len(fields) != 3:
        raise JobFailed(f"the backup carries no GTID position: {binlog_info.strip()!r}")
    return fields[2]


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
    found = server.rows("SELECT @@GLOBAL.gtid_binlog_state AS state")[0]["state"]
    if from_state(found) != state or not state:
        raise JobFailed(f"the copy says that it holds {found or 'nothing'}, not {state}")


def is_empty(mysqld: Mysqld) -> bool:
    row = mysqld.rows("SELECT @@GLOBAL.gtid_binlog_state AS state, @@GLOBAL.gtid_slave_pos AS followed")[0]
    return not row["state"] and not row["followed"]


def replace_empty(mysqld: Mysqld, order: Path | None = None) -> None:
    """Have the copy take the place of this member's data, which holds no transaction: proven here, last of all."""
    if not is_empty(mysqld):
        raise JobFailed("this member is no longer empty: its data stays")
    (order or REPLACE).touch()
    mysqld.run("SHUTDOWN")
