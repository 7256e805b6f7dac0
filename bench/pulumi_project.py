"""A Pulumi project of a benchmark's own, with its own state, for one of the small programs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox import programs
from sandbox.shell import SYSTEM_PATH

from . import cost
from .paths import python_path

PULUMI_YAML = "name: bench\nruntime: python\n"
STACK = "bench"


class PulumiProject:
    """One program in a folder of its own."""

    def __init__(self, folder: Path, program: Path, kubeconfig: str, environment: Mapping[str, str]) -> None:
        (folder / "state").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text(PULUMI_YAML)
        shutil.copy(program, folder / "__main__.py")
        self._folder = folder
        self._environment = self._surroundings(kubeconfig) | dict(environment)
        self.run("stack", "init", STACK)

    def run(self, *arguments: str) -> dict[str, float]:
        """What a command costs. Raises CommandFailed."""
        command = ["pulumi", *arguments, "--non-interactive"]
        return cost.of_command(command, env=self._environment, cwd=self._folder)

    def _surroundings(self, kubeconfig: str) -> dict[str, str]:
        merged = {**os.environ, **programs.environment()}
        path = [str(Path(sys.executable).parent), merged["PATH"], SYSTEM_PATH]
        return merged | {
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": python_path(),
            "VIRTUAL_ENV": sys.prefix,
            "KUBECONFIG": kubeconfig,
            "PULUMI_BACKEND_URL": f"file://{self._folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "for benchmarks only",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
