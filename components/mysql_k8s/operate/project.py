"""Where the Pulumi project lies and what its stack file declares: read without running the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .errors import OperateError

Json = dict[str, Any]


@dataclass(frozen=True)
class Project:
    root: Path
    name: str
    stack: str

    @property
    def stack_file(self) -> Path:
        return self.root / f"Pulumi.{self.stack}.yaml"

    @property
    def state(self) -> Path:
        """The folder of the local backend: state, passphrase."""
        return self.root / ".state"


def find(start: Path, stack: str) -> Project:
    """The project of the nearest Pulumi.yaml, looking upwards from a folder."""
    for folder in (start.resolve(), *start.resolve().parents):
        file = folder / "Pulumi.yaml"
        if file.exists():
            return _checked(Project(folder, str(_read(file).get("name", folder.name)), stack))
    raise OperateError(f"No Pulumi.yaml in {start.resolve()} or above it: run this in the folder of the program.")


def config(project: Project) -> dict[str, Any]:
    """The configuration of the stack file, with the namespaces of its keys as they stand there."""
    found = _read(project.stack_file).get("config") or {}
    return cast("dict[str, Any]", found)


def _checked(project: Project) -> Project:
    if not project.stack_file.exists():
        known = sorted(path.name.split(".")[1] for path in project.root.glob("Pulumi.*.yaml"))
        there = ", ".join(known) or "none"
        raise OperateError(
            f"There is no stack {project.stack!r}: {project.stack_file.name} is missing. Stacks: {there}."
        )
    return project


def _read(file: Path) -> Json:
    import yaml

    try:
        document: object = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OperateError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise OperateError(f"{file} cannot be read: {error.strerror}.") from error
    if not isinstance(document, dict):
        raise OperateError(f"{file} must hold a mapping.")
    return cast("Json", document)
