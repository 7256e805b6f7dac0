"""What an earlier revision rendered: the files that it keeps under version control. Its program is not run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from . import stacks
from .errors import RenderError
from .manifests import Manifest


def manifests_at(folder: Path, revision: str, stack: str) -> list[Manifest]:
    """The manifests of a stack as of ``revision``; none if the revision has no such stack.

    Raises RenderError if there is no such revision, or if it keeps no rendered file of the stack.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise RenderError(f"There is no revision {revision!r} in {folder.resolve()}; name a commit, a branch or a tag.")
    kept = _git(folder, "show", f"{commit.strip()}:./{stacks.GOLDEN}/{stack}.yaml")
    if kept is not None:
        return [each for each in yaml.safe_load_all(kept) if each]
    if _git(folder, "cat-file", "-e", f"{commit.strip()}:./Pulumi.{stack}.yaml") is None:
        return []
    raise RenderError(
        f"Revision {revision} has the stack {stack} but no {stacks.GOLDEN}/{stack}.yaml; choose a later one."
    )


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None if it finds nothing."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise RenderError("git is not on PATH: it is needed to look at another revision.") from error
    return done.stdout if done.returncode == 0 else None
