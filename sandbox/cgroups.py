"""The control groups that the nodes' containers run in, on either version of the kernel's interface."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.processes import read_stat

MOUNTS = Path("/proc/mounts")
NEEDED_V1 = frozenset({"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"})
NEEDED_V2 = frozenset({"cpu", "cpuset", "memory", "pids"})
USED_V2 = NEEDED_V2 | {"hugetlb", "io"}
"""kubelet wants `hugetlb`, too, in its group where the machine has it, and does not start without."""


@dataclass(frozen=True)
class Hierarchy:
    """One mounted tree of control groups and its controllers."""

    path: Path
    controllers: frozenset[str]


def v1_hierarchies(mounts: str) -> list[Hierarchy]:
    """The version 1 trees in the text of /proc/mounts."""
    lines = [line.split() for line in mounts.splitlines()]
    return [
        Hierarchy(Path(fields[1]), frozenset(fields[3].split(",")) & (NEEDED_V1 | {"name=systemd"}))
        for fields in lines
        if fields[2] == "cgroup"
    ]


def v2_root(mounts: str) -> Path | None:
    """The version 2 tree in the text of /proc/mounts."""
    roots = [Path(line.split()[1]) for line in mounts.splitlines() if line.split()[2] == "cgroup2"]
    return roots[0] if roots else None


def missing_controllers(needed: frozenset[str], present: Iterable[frozenset[str]]) -> list[str]:
    """Those that no tree has, sorted."""
    return sorted(needed.difference(*present))


def handed_down(available: str) -> str:
    """What to write for the version 2 tree's groups to have the controllers that are used, of those there are."""
    return " ".join(f"+{controller}" for controller in sorted(USED_V2.intersection(available.split())))


def check_controllers() -> None:
    """Raise SandboxError if the kernel lacks a controller that Kubernetes needs."""
    mounts = MOUNTS.read_text()
    hierarchies = v1_hierarchies(mounts)
    root = v2_root(mounts)
    if hierarchies:
        missing = missing_controllers(NEEDED_V1, [tree.controllers for tree in hierarchies])
    elif root:
        available = frozenset((root / "cgroup.controllers").read_text().split())
        missing = missing_controllers(NEEDED_V2, [available])
    else:
        raise SandboxError("no cgroup file system is mounted, and Kubernetes needs one: mount it at /sys/fs/cgroup")
    if missing:
        raise SandboxError(
            f"this machine lacks the cgroup controllers {', '.join(missing)}, which Kubernetes needs: "
            "enable them in the kernel's command line"
        )


def create(name: str) -> None:
    """Make the group `name` in every tree."""
    mounts = MOUNTS.read_text()
    hierarchies = v1_hierarchies(mounts)
    root = v2_root(mounts)
    for tree in hierarchies:
        (tree.path / name).mkdir(exist_ok=True)
        if "cpuset" in tree.controllers:
            for setting in ("cpuset.cpus", "cpuset.mems"):  # empty in a new group, and nothing can run there until set
                (tree.path / name / setting).write_text((tree.path / setting).read_text())
    if not hierarchies and root:
        available = (root / "cgroup.controllers").read_text()
        (root / "cgroup.subtree_control").write_text(handed_down(available))
        (root / name).mkdir(exist_ok=True)


def members(name: str) -> dict[int, int]:
    """Number and start time of every process in the group and below it."""
    found: dict[int, int] = {}
    for folder in _folders(name):
        for file in folder.rglob("cgroup.procs"):
            for pid in _numbers(file):
                stat = read_stat(pid)
                if stat and stat.state not in "ZX":
                    found[pid] = stat.start_time
    return found


def remove(name: str) -> None:
    """Delete the group and those below it, if they are there. They must be empty."""
    for folder in _folders(name):
        for parent, children, _files in os.walk(folder, topdown=False):
            for child in children:
                (Path(parent) / child).rmdir()
        folder.rmdir()


def _folders(name: str) -> list[Path]:
    mounts = MOUNTS.read_text()
    root = v2_root(mounts)
    trees = [tree.path for tree in v1_hierarchies(mounts)] + ([root] if root else [])
    return [tree / name for tree in trees if (tree / name).is_dir()]


def _numbers(file: Path) -> list[int]:
    try:
        return [int(line) for line in file.read_text().split()]
    except OSError:  # the group went away while we looked
        return []
