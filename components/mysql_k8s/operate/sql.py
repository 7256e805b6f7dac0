"""`sql`: a client on the primary, over the socket, so that no password is needed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from typing import IO

from . import observe
from .documents import name_of
from .errors import OperateError
from .exec_stream import ExecStream
from .kube import Kube
from .pods import is_ready, role
from .session import Session

PICK = 'if command -v mariadb >/dev/null; then exec mariadb "$@" --user=mysql; else exec mysql "$@" --user=root; fi'
"""Each server's image has its own client, and each server its own account for who runs in its container."""
CLIENT = [
    "env", "LC_ALL=C.UTF-8", "MYSQL_HISTFILE=/dev/null", "MARIADB_HISTFILE=/dev/null", "HOME=/tmp",
    "sh", "-c", PICK, "sh", "--no-defaults", "--default-character-set=utf8mb4", "--max-allowed-packet=1G",
    "--socket=/run/mysqld/mysqld.sock",
]  # fmt: skip
CONTAINER = "mysqld"
CHUNK = 64 * 1024
IN_MEMORY = 8 * 1024 * 1024


def interactive(session: Session) -> int:
    from .terminal import attach

    kube, namespace, pod = _primary(session)
    stream = ExecStream(kube.exec_stream(namespace, pod, CONTAINER, [*CLIENT, "--prompt", f"{pod} [\\d]> "], tty=True))
    return attach(stream)


def execute(session: Session, statements: str) -> int:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as source:
        source.write(statements.encode())
        return _feed(session, source)


def execute_input(session: Session) -> int:
    """Run what comes through the pipe. Its length must be known first, so a large dump passes through a file."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as source:
        shutil.copyfileobj(sys.stdin.buffer, source)
        return _feed(session, source)


def command_reading(length: int) -> list[str]:
    """The client, fed with exactly so many bytes: not every API server can pass on the end of standard input (pure)."""
    return ["sh", "-c", 'count=$1; shift; head -c "$count" | "$@"', "sh", str(length), *CLIENT, "--batch"]


def _feed(session: Session, source: IO[bytes]) -> int:
    length = source.tell()
    source.seek(0)
    kube, namespace, pod = _primary(session)
    stream = ExecStream(kube.exec_stream(namespace, pod, CONTAINER, command_reading(length)))
    try:
        while stream.open and (chunk := source.read(CHUNK)):
            stream.send(chunk)
            _pass_on(stream, 0)
        while stream.open:
            _pass_on(stream, 1)
        return stream.exit_status()
    finally:
        stream.close()


def _pass_on(stream: ExecStream, timeout: float) -> None:
    output, errors = stream.receive(timeout)
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(errors)
    sys.stderr.buffer.flush()


def _primary(session: Session) -> tuple[Kube, str, str]:
    target = session.deployed
    kube = session.connect()
    pods = observe.objects(kube, target).pods
    if not pods:
        raise OperateError(f"Nothing is deployed: there is no {target.name} in namespace {target.namespace}.", 3)
    primaries = [pod for pod in pods if role(pod) == "primary"]
    if not primaries:
        raise OperateError("No member is primary at the moment. `make status` says what the members are doing.")
    ready = [pod for pod in primaries if is_ready(pod)]
    return kube, target.namespace, name_of((ready or primaries)[0])
