"""What a running container takes: processor time, also of processes that have ended, and memory."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.cgroups import MOUNTS, v1_hierarchies, v2_root

_NANOSECONDS, _MICROSECONDS = 1e9, 1e6
KIBIBYTE = 1024


def processor_seconds(pid: int) -> float:
    """Of all processes that were ever in the container of this one. Raises OSError or LookupError."""
    group = _group(pid, "cpuacct")
    if (group / "cpuacct.usage").exists():
        return int((group / "cpuacct.usage").read_text()) / _NANOSECONDS
    return _field(group / "cpu.stat", "usage_usec") / _MICROSECONDS


def memory(pid: int) -> tuple[int, int]:
    """Bytes of all processes of the container: resident, and of these what is their own and backed by no file."""
    processes = [int(line) for line in (_group(pid, "cpuacct") / "cgroup.procs").read_text().split()]
    status = [Path(f"/proc/{each}/status") for each in processes]
    return sum(_field(each, "VmRSS:") for each in status) * 1024, sum(
        _field(each, "RssAnon:") for each in status
    ) * 1024


def with_reaped(pid: int) -> float:
    """Seconds of processor time of one process and of those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _group(pid: int, controller: str) -> Path:
    """Where the kernel shows the process's control group."""
    mounts = MOUNTS.read_text()
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            trees = [tree.path for tree in v1_hierarchies(mounts) if controller in tree.controllers]
            return trees[0] / path.lstrip("/")
        root = v2_root(mounts)
        if not controllers and root and not v1_hierarchies(mounts):
            return root / path.lstrip("/")
    raise LookupError(f"process {pid} is in no control group that counts its processor time")


def _field(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise LookupError(f"{file} does not tell {name}")
