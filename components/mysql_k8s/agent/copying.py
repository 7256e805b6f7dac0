"""Takes another member's data by its agent: mariadb-backup's stream, unpacked and made ready by ``jobs.sh``.

Both sides show a certificate of the cluster's CA and verify the other's.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Callable

from .gtid import GtidSet
from .jobs import Job, JobFailed
from .settings import AGENT_PORT, TLS_FOLDER

BACKUP_PATH = "/backup"
CHUNK = 256 * 1024
STALL_SECONDS = 60.0
"""A donor that sends nothing for so long is given up."""
PREPARE_SECONDS = 24 * 3600.0
EXPECTED = "X-Expected-Bytes"
"""How much the donor expects to send; a header, as the stream's real length is known at its end only."""


class Busy(JobFailed):
    """The donor gives its data to another one now."""


def take(host: str, told: Callable[[int, int], None]) -> None:
    """Pass the donor's stream on to the job that unpacks it: a slow disk holds the donor back.

    ``told``: is told of bytes copied and expected. Raises Busy, JobFailed, OSError or http.client.HTTPException.
    """
    connection = connection_to(host)
    try:
        response = ask(connection, BACKUP_PATH)
        done, expected = 0, int(response.headers.get(EXPECTED, 0))
        told(done, expected)
        with Job("take") as job:
            pipe = job.open_for_writing()
            while chunk := response.read(CHUNK):
                write(pipe, chunk)
                done += len(chunk)
                told(done, expected)
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
    """The answer. Raises Busy or JobFailed with what the other agent says if it refuses."""
    connection.request("GET", path)
    response = connection.getresponse()
    if response.status == http.client.OK:
        return response
    why = response.read(1000).decode(errors="replace").strip()
    raise Busy(why) if response.status == http.client.SERVICE_UNAVAILABLE else JobFailed(why)


def held_by(host: str) -> GtidSet:
    """What the donor holds now, by its report (``wire``)."""
    connection = connection_to(host)
    try:
        return GtidSet.parse(json.loads(ask(connection, "/report").read())["executed"])
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
