"""The configuration file that pulumi is given: the stack's own, with the salt of the local passphrase added.

Pulumi writes the salt of a stack's encryption into its configuration file. The passphrase is this checkout's alone, so
its salt must not end up in a file that is committed: pulumi gets a copy in the state folder. A stack file that already
says how its secrets are encrypted is used as it is.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from .documents import Json
from .errors import OperateError
from .project import Project, read

ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")


def folder(project: Project) -> Path:
    """A folder in which `pulumi stack init` may write: it has the project's name and nothing else."""
    return project.state / "project"


def prepare(project: Project) -> Path:
    """Bring the copy in line with the stack file; returns the file that pulumi is to use."""
    if encryption_of(read(project.stack_file)):
        return project.stack_file
    copy = folder(project) / project.stack_file.name
    salt = encryption_of(read(copy)) if copy.exists() else {}
    try:
        folder(project).mkdir(parents=True, exist_ok=True)
        _replace(folder(project) / "Pulumi.yaml", yaml.safe_dump({"name": project.name, "runtime": "python"}))
        _replace(copy, with_encryption(project.stack_file.read_text(), salt))
    except OSError as error:
        raise OperateError(f"{error.filename} cannot be written: {error.strerror}.") from error
    return copy


def encryption_of(document: Json) -> dict[str, str]:
    """The entries of a configuration file that say how secrets are encrypted (pure)."""
    return {key: str(document[key]) for key in ENCRYPTION if key in document}


def with_encryption(text: str, entries: dict[str, str]) -> str:
    """The configuration with those entries added at its end (pure)."""
    return f"{text.rstrip()}\n{yaml.safe_dump(entries)}" if entries else text


def _replace(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.draft")
    draft.write_text(text)
    draft.replace(file)
