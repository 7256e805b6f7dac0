"""One of the programs below `examples/`: a copy of its own, driven by the `pulumi` CLI as its README says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox import programs
from sandbox.progress import Reporter

CHECKOUT = Path(__file__).parents[3]
STACK = "sandbox"


class Example:
    """The program, with the stack of its `Pulumi.sandbox.yaml`."""

    def __init__(self, name: str, folder: Path, kubeconfig: str) -> None:
        self.folder = folder / "examples" / name
        shutil.copytree(CHECKOUT / "examples" / name, self.folder)
        (folder / "components").symlink_to(CHECKOUT / "components")
        (folder / "state").mkdir()
        self._environment = environment(kubeconfig, folder / "state")
        self.pulumi("stack", "init", STACK)

    def configure(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Set what the tests want otherwise, by the names of the project's own settings."""
        file = self.folder / f"Pulumi.{STACK}.yaml"
        project = yaml.safe_load((self.folder / "Pulumi.yaml").read_text())["name"]
        written = yaml.safe_load(file.read_text())
        written["config"] |= {f"{project}:{key}": value for key, value in settings.items()}
        file.write_text(yaml.safe_dump(written))
        for key, value in secrets.items():
            self.pulumi("config", "set", "--secret", key, value)

    def pulumi(self, *arguments: str, seconds: float = 240) -> str:
        """What it prints. Raises RuntimeError, with all of that, if it fails."""
        began = time.monotonic()
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"], cwd=self.folder, env=self._environment, timeout=seconds,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        print(f"  pulumi {arguments[0]}: {time.monotonic() - began:.1f} s")
        if done.returncode != 0:
            raise RuntimeError(f"pulumi {' '.join(arguments[:2])} ended with status {done.returncode}:\n{done.stdout}")
        return done.stdout

    def outputs(self) -> dict[str, Any]:
        return json.loads(self.pulumi("stack", "output", "--json"))

    def state(self) -> list[dict[str, Any]]:
        """Every resource as the backend stores it."""
        return json.loads(self.pulumi("stack", "export"))["deployment"]["resources"]


def environment(kubeconfig: str, state: Path) -> dict[str, str]:
    merged = {**os.environ, **programs.environment()}
    path = [str(Path(sys.executable).parent), merged["PATH"]]
    if not shutil.which("pulumi-language-yaml", path=merged["PATH"]):
        path.insert(1, str(programs.ensure_language_yaml(Reporter())))
    return merged | {
        "PATH": os.pathsep.join(path),
        "VIRTUAL_ENV": sys.prefix,
        "KUBECONFIG": kubeconfig,
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "for tests only",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
