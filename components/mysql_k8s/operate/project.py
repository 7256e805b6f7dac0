"""Where the Pulumi project lies and what its files declare, read without running the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from .documents import Json, part, text
from .errors import OperateError


@dataclass(frozen=True)
class Project:
    root: Path
    stack: str
    program: Json
    """Pulumi.yaml"""

    @property
    def name(self) -> str:
        return text(self.program, "name")

    @property
    def stack_file(self) -> Path:
        return self.root / f"Pulumi.{self.stack}.yaml"

    @property
    def state(self) -> Path:
        """The folder of the local backend: state, passphrase."""
        return self.root / ".state"

    def config(self) -> Json:
        """The configuration of the stack file, with the namespaces of its keys as they stand there."""
        return part(read(self.stack_file), "config")


def find(start: Path, stack: str) -> Project:
    """The project of the nearest Pulumi.yaml, looking upwards from a folder."""
    for folder in (start.resolve(), *start.resolve().parents):
        file = folder / "Pulumi.yaml"
        if file.exists():
            return _checked(Project(folder, stack, {"name": folder.name, **read(file)}))
    raise OperateError(f"No Pulumi.yaml in {start.resolve()} or above it: run this in the folder of the program.")


def read(file: Path) -> Json:
    try:
        document: object = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OperateError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise OperateError(f"{file} cannot be read: {error.strerror}.") from error
    if document is not None and not isinstance(document, dict):
        raise OperateError(f"{file} must hold a mapping.")
    return cast("Json", document or {})


def _checked(project: Project) -> Project:
    if not project.stack_file.exists():
        known = sorted(path.name.split(".")[1] for path in project.root.glob("Pulumi.*.yaml"))
        missing, there = project.stack_file.name, ", ".join(known) or "none"
        raise OperateError(f"There is no stack {project.stack!r}: {missing} is missing. Stacks: {there}.")
    return project
