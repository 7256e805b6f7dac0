"""Locks that an interrupted pulumi left in a local backend."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .project import Project


@dataclass(frozen=True)
class Lock:
    pid: int
    host: str
    since: str


def local_backend(url: str) -> Path | None:
    """The folder of a `file://` backend (pure); nothing for any other."""
    parts = urlsplit(url)
    return Path(f"{parts.netloc}{parts.path}").expanduser() if parts.scheme == "file" else None


def read(backend: Path, project: Project) -> list[Lock]:
    folder = backend / ".pulumi" / "locks" / "organization" / project.name / project.stack
    return [_lock(json.loads(file.read_text())) for file in sorted(folder.glob("*.json"))]


def abandoned(locks: list[Lock], host: str, runs: Callable[[int], bool]) -> bool:
    """Whether there are locks and nobody holds any of them (pure). Another host's lock may be held for all we know."""
    return bool(locks) and all(lock.host == host and not runs(lock.pid) for lock in locks)


def pulumi_runs(pid: int) -> bool:
    """Whether that process is a pulumi: numbers of ended processes are given out again."""
    name = Path(f"/proc/{pid}/comm")
    if Path("/proc/self").exists():
        return name.exists() and name.read_text().startswith("pulumi")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lock(document: dict[str, Any]) -> Lock:
    return Lock(int(document["pid"]), str(document["hostname"]), str(document["timestamp"])[:19])
