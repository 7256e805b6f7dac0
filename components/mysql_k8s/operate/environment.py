"""The environment in which `pulumi` runs (pure): whatever the user has set wins."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Environment = dict[str, str]

PASSPHRASE = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


@dataclass(frozen=True)
class Surroundings:
    """What the environment is made of."""

    user: Mapping[str, str]
    tool_chain: Mapping[str, str]
    """what the local cluster's tool chain adds; empty where the user brings pulumi"""
    venv_bin: Path | None
    state: Path
    kubeconfig: str


def pulumi_environment(parts: Surroundings) -> Environment:
    """A local backend with a generated passphrase, unless the user has a backend or a passphrase.

    The virtual environment comes first on PATH: some language hosts run the first `python` that they find there.
    """
    merged: Environment = {**parts.user, **parts.tool_chain}
    if parts.venv_bin is not None:
        merged["PATH"] = os.pathsep.join([str(parts.venv_bin), merged.get("PATH", os.defpath)])
        merged["VIRTUAL_ENV"] = str(parts.venv_bin.parent)
    merged.setdefault("PULUMI_BACKEND_URL", f"file://{parts.state}")
    if not any(name in parts.user for name in PASSPHRASE):
        merged["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase_file(parts.state))
    merged["KUBECONFIG"] = parts.kubeconfig
    merged.setdefault("PULUMI_SKIP_UPDATE_CHECK", "true")
    merged.setdefault("PYTHONUNBUFFERED", "1")
    return merged


def passphrase_file(state: Path) -> Path:
    return state / "passphrase"


def parse_exports(text: str, present: Mapping[str, str]) -> Environment:
    """The `export NAME=value` lines of the tool chain; `$PATH` in a value is the one that is present."""
    exports: Environment = {}
    for line in text.splitlines():
        word, _, assignment = line.strip().partition(" ")
        if word == "export" and "=" in assignment:
            name, _, value = assignment.partition("=")
            plain = "".join(shlex.split(value))
            for reference in ("${PATH}", "$PATH"):
                plain = plain.replace(reference, present.get("PATH", ""))
            exports[name] = plain
    return exports


def export_lines(environment: Environment, present: Mapping[str, str]) -> str:
    """What a shell lacks of an environment. There is no secret in it: the passphrase is in a file."""
    lacking = {name: value for name, value in environment.items() if present.get(name) != value}
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(lacking.items()))
