"""The configuration file that pulumi is given: the stack's own, with the salt of the local passphrase added.

Pulumi writes the salt of a stack's encryption into its configuration file. The passphrase is this checkout's alone, so
its salt must not end up in a file that is committed: pulumi gets a copy in the state folder. A stack file that already
says how its secrets are encrypted is used as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .errors import OperateError
from .project import Project

_ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")


def folder(project: Project) -> Path:
    """A folder in which `pulumi stack init` may write: it has the project's name and nothing else."""
    return project.state / "project"


def prepare(project: Project) -> Path:
    """Bring the copy in line with the stack file; returns the file that pulumi is to use."""
    text = project.stack_file.read_text()
    if set(_mapping(text)) & set(_ENCRYPTION):
        return project.stack_file
    folder(project).mkdir(parents=True, exist_ok=True)
    (folder(project) / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project.name, "runtime": "python"}))
    copy = folder(project) / project.stack_file.name
    salt = encryption_of(copy.read_text()) if copy.exists() else {}
    _replace(copy, with_encryption(text, salt))
    return copy


def encryption_of(text: str) -> dict[str, str]:
    """The entries of a configuration file that say how secrets are encrypted (pure)."""
    return {key: value for key, value in _mapping(text).items() if key in _ENCRYPTION}


def with_encryption(text: str, entries: dict[str, str]) -> str:
    """The configuration with those entries added at its end (pure)."""
    return text if not entries else f"{text.rstrip()}\n{yaml.safe_dump(entries)}"


def _mapping(text: str) -> dict[str, Any]:
    document: Any = yaml.safe_load(text)
    return document or {}


def _replace(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.draft")
    try:
        draft.write_text(text)
        draft.replace(file)
    except OSError as error:
        raise OperateError(f"{file} cannot be written: {error.strerror}.") from error
