"""Remembers that a run on a stack did not end well, so that the next one asks the cluster what became of it.

An update that is interrupted is in the cluster, but pulumi's state keeps what was there before: going back to the earlier
configuration would then look like no change at all, and the broken update would stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .project import Project

REFRESH = "--refresh"


def marker(project: Project) -> Path:
    return project.state / f"{project.stack}.unfinished"


def options(project: Project) -> list[str]:
    """What to add to `pulumi up`."""
    return [REFRESH] if marker(project).exists() else []


@contextmanager
def noted(project: Project) -> Iterator["Run"]:
    """The mark stays unless the run says that it succeeded, even if this process is killed."""
    run = Run()
    file = marker(project)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch()
    yield run
    if run.succeeded:
        file.unlink(missing_ok=True)


class Run:
    succeeded = False
