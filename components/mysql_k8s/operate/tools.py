"""Finds what the commands need on this machine: pulumi, a kubeconfig, the passphrase of the local backend."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

from .environment import (
    PASSPHRASE,
    Environment,
    Surroundings,
    parse_exports,
    passphrase_file,
    pulumi_environment,
)
from .errors import OperateError
from .project import Project


def environment(project: Project, tool_chain: Environment, kubeconfig: str) -> Environment:
    """The environment for pulumi; makes the local backend's folder if needed."""
    prepare_state(project)
    return pulumi_environment(
        Surroundings(
            user=os.environ,
            tool_chain=tool_chain,
            venv_bin=Path(sys.executable).parent if sys.prefix != sys.base_prefix else None,
            state=project.state,
            kubeconfig=kubeconfig,
        )
    )


def kubeconfig(project: Project) -> str:
    """The user's kubeconfig; else that of the local cluster, where the project brings one; else kubectl's default."""
    if named := os.environ.get("KUBECONFIG"):
        return named
    if not has_sandbox(project):
        return str(Path("~/.kube/config").expanduser())
    answer = _sandbox(project, "kubeconfig")
    path = answer.stdout.strip()
    if answer.returncode != 0 or not path:
        raise OperateError(
            "There is no cluster: KUBECONFIG is not set and the local Kubernetes does not run. "
            "Start it with `make sandbox-up`, or name your own cluster with KUBECONFIG=… ."
        )
    return path


def is_local(project: Project) -> bool:
    """Whether the commands work on the local Kubernetes, where whoever ends it knows that its data go with it."""
    return not os.environ.get("KUBECONFIG") and has_sandbox(project)


def has_sandbox(project: Project) -> bool:
    return (project.root / "sandbox" / "__main__.py").exists()


def prepare_state(project: Project) -> None:
    """The folder of the local backend and its passphrase, unless the user brings their own."""
    if "PULUMI_BACKEND_URL" not in os.environ:
        project.state.mkdir(mode=0o700, exist_ok=True)
    if any(name in os.environ for name in PASSPHRASE):
        return
    project.state.mkdir(mode=0o700, exist_ok=True)
    file = passphrase_file(project.state)
    if not file.exists():
        _write_once(file, secrets.token_urlsafe(32))
    elif not os.access(file, os.R_OK):
        raise OperateError(f"{file} cannot be read by this user: run the command as the user who made it.")


def _write_once(file: Path, text: str) -> None:
    """Whole or not at all, and the first of two that run at once wins: a lost passphrase means lost secrets."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def tool_chain(project: Project) -> Environment:
    """What makes `pulumi` be found: nothing where the user's PATH has one that is new enough."""
    if not has_sandbox(project):
        return {}
    answer = _sandbox(project, "env")
    if answer.returncode != 0:
        raise OperateError(f"The tool chain cannot be used: {answer.stderr.strip()}")
    return parse_exports(answer.stdout, os.environ)


def _sandbox(project: Project, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", command], cwd=project.root, capture_output=True, text=True, check=False
    )
