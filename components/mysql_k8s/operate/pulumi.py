"""Runs the pulumi CLI on one stack."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from . import stack_config
from .documents import Json
from .environment import Environment
from .errors import OperateError
from .project import Project

INTERRUPT_SECONDS = 60


@dataclass(frozen=True)
class Pulumi:
    project: Project
    environment: Environment
    config_file: Path

    def create(self) -> None:
        """Make the stack in the backend. Where pulumi writes its salt is explained in `stack_config.py`."""
        folder = stack_config.folder(self.project)
        own = folder if self.config_file.parent == folder else self.project.root
        self.ask("stack", "init", "--stack", self.project.stack, "--no-select", "--cwd", str(own))

    def export(self) -> Json | None:
        """The deployment as the backend keeps it; nothing where there is no such stack."""
        answer = self._run("stack", "export", "--stack", self.project.stack)
        if answer.returncode == 0:
            exported: Json = json.loads(answer.stdout)
            return cast("Json", exported.get("deployment") or {})
        if "no stack named" in answer.stderr:
            return None
        raise OperateError(f"pulumi cannot read the stack {self.project.stack}: {_last_error(answer.stderr)}")

    def replace_state(self, deployment: Json) -> None:
        """Put a deployment back into the backend. Secrets are in it as they were exported: encrypted."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"version": 3, "deployment": deployment}, file)
            file.flush()
            self.ask("stack", "import", "--stack", self.project.stack, "--file", file.name)

    def outputs(self) -> Json | None:
        """The stack's outputs with secrets left out; nothing where there is no such stack."""
        answer = self._run("stack", "output", "--json", "--stack", self.project.stack)
        if answer.returncode == 0:
            return cast("Json", json.loads(answer.stdout or "{}"))
        if "no stack named" in answer.stderr:
            return None
        raise OperateError(f"pulumi cannot read the stack {self.project.stack}: {_last_error(answer.stderr)}")

    def ask(self, *arguments: str) -> str:
        """Run a short command and return what it prints."""
        answer = self._run(*arguments)
        if answer.returncode != 0:
            raise OperateError(f"pulumi {' '.join(arguments[:2])} failed: {_last_error(answer.stderr)}")
        return answer.stdout

    def run(self, *arguments: str) -> int:
        """Run a command that works on the whole stack and whose output the user sees; returns its exit status."""
        with self.start(*arguments) as running:
            return running.wait(None) or 0

    def record(self, output: Path, *arguments: str) -> int:
        """Run such a command with its standard output into a file; returns its exit status.

        `--event-log` is among the options that pulumi has for programs that drive it, and is hidden otherwise.
        """
        environment = {**self.environment, "PULUMI_DEBUG_COMMANDS": "true"}
        with output.open("w") as stream, Running(self._about(arguments), self.project, environment, stream) as running:
            return running.wait(None) or 0

    def start(self, *arguments: str) -> Running:
        """Start such a command."""
        return Running(self._about(arguments), self.project, self.environment)

    def _about(self, arguments: tuple[str, ...]) -> list[str]:
        return [*_command(arguments), "--stack", self.project.stack, "--config-file", str(self.config_file)]

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                _command(arguments),
                cwd=self.project.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise _not_on_path() from error


class Running:
    """A pulumi process that the user watches.

    It has a process group of its own: Ctrl-C reaches only us, and we pass on exactly one interrupt. A second interrupt
    makes pulumi drop everything on the spot, and what it was creating would be unknown to the next run. Whatever ends
    the `with` block, pulumi has ended when it is left.
    """

    def __init__(
        self, command: list[str], project: Project, environment: Environment, output: IO[str] | None = None
    ) -> None:
        # An interrupt that comes while the process is being started is passed on as soon as there is one to pass it to.
        early: list[int] = []
        handler = signal.signal(signal.SIGINT, lambda number, _: early.append(number))
        try:
            self._process = subprocess.Popen(
                command, cwd=project.root, env=environment, stdin=subprocess.DEVNULL, stdout=output, process_group=0
            )
        except FileNotFoundError as error:
            raise _not_on_path() from error
        finally:
            signal.signal(signal.SIGINT, handler)
        self._interrupted = bool(early)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.end()

    def wait(self, seconds: float | None) -> int | None:
        """The exit status, or nothing while it runs."""
        if self._interrupted:
            self._interrupted = False
            raise KeyboardInterrupt
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> int:
        """Interrupt it and wait; where it does not listen, or the user interrupts once more, insist."""
        for seconds in (INTERRUPT_SECONDS, 10):
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            try:
                return self._process.wait(timeout=seconds)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                continue
        self._process.kill()
        return self._process.wait()


def _command(arguments: tuple[str, ...]) -> list[str]:
    return ["pulumi", *arguments, "--non-interactive"]


def _not_on_path() -> OperateError:
    return OperateError("pulumi is not on PATH: run `make up`, which builds it, or install it.")


def _last_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines or ["no message"])[-1]
