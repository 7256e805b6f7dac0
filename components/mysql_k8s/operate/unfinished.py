"""Remembers that a run on a stack did not end well, so that the next one asks the cluster what became of it.

An update that is interrupted is in the cluster, but pulumi's state keeps what was there before: going back to the
earlier configuration would then look like no change at all, and the broken update would stay.
"""

from __future__ import annotations

from pathlib import Path

from .project import Project


def marker(project: Project) -> Path:
    return project.state / f"{project.stack}.unfinished"


def exists(project: Project) -> bool:
    return marker(project).exists()


def note(project: Project) -> None:
    """Before the run: the mark stays even if this process is killed."""
    marker(project).parent.mkdir(mode=0o700, exist_ok=True)
    marker(project).touch()


def forget(project: Project) -> None:
    """After a run that succeeded."""
    marker(project).unlink(missing_ok=True)
