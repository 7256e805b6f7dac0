"""The processes of pods, as the machine sees them that runs the local Kubernetes."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.containers import host_pid


def mysqld_pid(namespace: str, pod: str) -> int:
    """Of the server, whichever it is. Raises LookupError if none runs."""
    script = host_pid(namespace, pod, "mysqld")
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and _name_and_parent(folder) in (("mysqld", script), ("mariadbd", script)):
            return int(folder.name)
    raise LookupError(f"no mysqld runs in {pod}")


def cpu_seconds(pid: int) -> float:
    """What the process has used of the processors since it was started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int) -> int:
    """The process's resident memory, shared libraries included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"the kernel does not tell the memory of process {pid}")


def _name_and_parent(folder: Path) -> tuple[str, int] | None:
    try:
        text = (folder / "stat").read_text()
    except OSError:
        return None
    name = text[text.index("(") + 1 : text.rindex(")")]
    return name, int(text.rpartition(")")[2].split()[1])
