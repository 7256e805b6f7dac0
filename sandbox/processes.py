"""Processes that outlive the command that started them, recognised by more than a number."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.shell import system_path

MARKER = "MYSQL_K8S_SANDBOX"
"""Set in the environment of everything that is started, to the state folder: children inherit it, so that what a
recorded process left behind is recognised as well."""

PROC = Path("/proc")
SOCKET_PATIENCE = 120.0
"""Seconds."""
KILL_PATIENCE = 10.0
"""Seconds that a killed process may take to go; one that waits for a disk may take a while."""


@dataclass(frozen=True)
class Launch:
    """What to start: in which network namespace (None: the host's), with which arguments, logging where."""

    name: str
    namespace: str | None
    argv: tuple[str, ...]
    log: str
    needs: str | None = None
    """A socket that must accept connections before the start; a kubelet ends when its containerd does not answer."""
    claims: str | None = None
    """A socket that it makes at a path which others of its kind use too; only then may the next one start.

    Every kubelet removes and binds the same device plugin socket: two at once, and one of them ends.
    """


@dataclass(frozen=True)
class Process:
    """A started launch. A number alone is no proof: `start_time` (clock ticks since boot) tells a reused one."""

    launch: Launch
    pid: int
    start_time: int


@dataclass(frozen=True)
class Stat:
    """What `/proc/<pid>/stat` says."""

    state: str
    start_time: int


def parse_stat(text: str) -> Stat:
    """Read `/proc/<pid>/stat`; the program's name in it may hold blanks and parentheses."""
    fields = text.rpartition(")")[2].split()
    return Stat(state=fields[0], start_time=int(fields[19]))


def read_stat(pid: int) -> Stat | None:
    """The state of a process, None if there is none with that number."""
    try:
        return parse_stat((PROC / str(pid) / "stat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_same(process: Process, stat: Stat | None) -> bool:
    """Whether `stat`, found under the process's number, is that process and it has not ended."""
    return stat is not None and stat.state not in "ZX" and stat.start_time == process.start_time


def is_alive(process: Process) -> bool:
    """Whether the process still runs."""
    return is_same(process, read_stat(process.pid))


def start(launch: Launch, state: Path) -> Process:
    """Start in a session of its own, so that it stays when this program ends.

    Raises SandboxError if what it needs does not answer within SOCKET_PATIENCE.
    """
    if launch.needs:
        _wait_for_socket(launch.needs, launch.name)
    claimed = _identity(launch.claims)
    enter = ["nsenter", f"--net=/run/netns/{launch.namespace}", "--"] if launch.namespace else []
    environment = {**os.environ, "PATH": system_path(), MARKER: str(state)}
    with Path(launch.log).open("ab") as log:
        child = subprocess.Popen(
            [*enter, *launch.argv],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=state,
            env=environment,
            start_new_session=True,
        )
    stat = read_stat(child.pid)
    process = Process(launch, child.pid, stat.start_time if stat else 0)
    _wait_for_claim(process, claimed)
    return process


def marked(state: Path) -> dict[int, int]:
    """Number and start time of every process that was started, directly or not, for this state folder."""
    wanted = f"{MARKER}={state}".encode()
    found: dict[int, int] = {}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        stat = read_stat(int(entry.name)) if wanted in variables else None
        if stat and stat.state not in "ZX":
            found[int(entry.name)] = stat.start_time
    return found


def kill(targets: dict[int, int]) -> None:
    """End processes, given by number and start time, at once, as a power cut would."""
    for pid, start_time in targets.items():
        if _runs(pid, start_time):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + KILL_PATIENCE
    while any(_runs(pid, start_time) for pid, start_time in targets.items()) and time.monotonic() < until:
        time.sleep(0.02)


def by_number(processes: Iterable[Process]) -> dict[int, int]:
    """The processes as `kill` takes them."""
    return {process.pid: process.start_time for process in processes}


def memory_bytes(pid: int) -> int:
    """Resident memory in bytes, 0 if the process has ended."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0][1]) * 1024 if lines else 0


def uptime_seconds(process: Process) -> float:
    """How long the process has run."""
    since_boot = float((PROC / "uptime").read_text().split()[0])
    return since_boot - process.start_time / os.sysconf("SC_CLK_TCK")


def _wait_for_socket(path: str, name: str) -> None:
    until = time.monotonic() + SOCKET_PATIENCE
    while not _accepts(path):
        if time.monotonic() > until:
            raise SandboxError(f"cannot start {name}: nothing answers at {path} after {SOCKET_PATIENCE:.0f} s")
        time.sleep(0.05)


def _wait_for_claim(process: Process, before: tuple[int, int] | None) -> None:
    """Until it has made its socket or has ended: that it ended is noticed by whoever waits for its work."""
    until = time.monotonic() + SOCKET_PATIENCE
    while process.launch.claims and _identity(process.launch.claims) in (None, before) and is_alive(process):
        if time.monotonic() > until:
            raise SandboxError(
                f"{process.launch.name} has not made {process.launch.claims} after {SOCKET_PATIENCE:.0f} s; "
                f"its log: {process.launch.log}"
            )
        time.sleep(0.02)


def _identity(path: str | None) -> tuple[int, int] | None:
    """Tells a file from its successor at the same path, also where the file system uses a number again at once."""
    try:
        stat = Path(path).stat() if path else None
    except FileNotFoundError:
        return None
    return (stat.st_ino, stat.st_ctime_ns) if stat else None


def _accepts(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(path)
        except OSError:
            return False
    return True


def _runs(pid: int, start_time: int) -> bool:
    stat = read_stat(pid)
    return stat is not None and stat.state not in "ZX" and stat.start_time == start_time
