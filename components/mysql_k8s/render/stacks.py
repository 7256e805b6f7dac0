"""Renders a stack of the project in a folder."""

from __future__ import annotations

from pathlib import Path

from ..operate import project
from ..operate.documents import part, text
from . import program
from .configuration import configuration
from .errors import RenderError
from .manifests import Manifest, left_out, manifests
from .text import as_yaml

GOLDEN = "rendered"
"""The folder, below that of the project, with a file for each stack: what the last commit renders."""


def render(folder: Path, stack: str) -> tuple[list[Manifest], list[str]]:
    """The manifests of a stack, and what could not be rendered.

    Raises OperateError or RenderError if the folder has no such stack or no program in Python, and whatever the
    program raises.
    """
    found = project.find(folder, stack)
    runtime = found.program.get("runtime")
    language = text(found.program, "runtime", "name") or runtime
    if language != "python":
        raise RenderError(f"{found.root} has a program in {language}: only programs in Python can be rendered.")
    source = (found.root / text(found.program, "main")).resolve()
    wanted = configuration(found.name, part(found.program, "config"), found.config())
    registered = program.run(source.parent if source.is_file() else source, found.name, stack, wanted)
    return manifests(registered), left_out(registered)


def as_text(stack: str, found: list[Manifest]) -> str:
    """The manifests as a file that is kept under version control."""
    return as_yaml(found, f"Stack {stack}, as `make render STACK={stack}` renders it.")


def names(folder: Path) -> list[str]:
    """The stacks that have a configuration file."""
    return sorted(file.name.split(".")[1] for file in folder.glob("Pulumi.*.yaml"))


def golden(folder: Path, stack: str) -> Path:
    return folder / GOLDEN / f"{stack}.yaml"


def accepted(folder: Path) -> Path:
    """The reasons for what linters find."""
    return folder / GOLDEN / "accepted.yaml"
