"""A Pulumi project of the tests' own: the shipped program in its own folder, with its own state and configuration.

It is driven by the commands that people use: `python -m mysql_k8s.operate` and the `pulumi` CLI.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox import pins, programs

CHECKOUT = Path(__file__).parents[3]
STACK = "test"
NAME = "orders"
"""The cluster's name: not the default one."""


@dataclass(frozen=True)
class Done:
    """A command that ended, or was ended because it took too long."""

    command: str
    status: int | None
    output: str

    @property
    def succeeded(self) -> bool:
        return self.status == 0

    def __str__(self) -> str:
        how = "did not end in time" if self.status is None else f"ended with status {self.status}"
        return f"`{self.command}` {how}:\n{self.output}"


class Project:
    """The folder, with the stack `test`."""

    def __init__(self, folder: Path, kubeconfig: str) -> None:
        self.folder = folder
        self._kubeconfig = kubeconfig
        self._stack_file = folder / f"Pulumi.{STACK}.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "state").mkdir()
        for file in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(CHECKOUT / file, folder / file)

    def write(self, cluster: Mapping[str, Any]) -> None:
        """Describe the cluster: the arguments of the component."""
        written = yaml.safe_load(self._stack_file.read_text()) if self._stack_file.exists() else {}
        written.setdefault("config", {}).update({"mysql:name": NAME, "mysql:cluster": dict(cluster)})
        self._stack_file.write_text(yaml.safe_dump(written))

    def set_secret(self, key: str, value: str) -> None:
        done = self.pulumi("config", "set", "--secret", f"mysql:{key}", value, "--stack", STACK)
        if not done.succeeded:
            raise RuntimeError(str(done))

    def forget(self) -> None:
        """Lose the state, with every password and key in it."""
        for folder in (self.folder / "state", self.folder / ".state"):
            shutil.rmtree(folder, ignore_errors=True)
        (self.folder / "state").mkdir()

    def operate(self, *arguments: str, seconds: float = 240, kubeconfig: str | None = None) -> Done:
        """A command of the project's own, such as `up`."""
        return self._run([sys.executable, "-m", "mysql_k8s.operate", *arguments, "--stack", STACK], seconds, kubeconfig)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The same, without waiting: to be killed."""
        return subprocess.Popen(
            [sys.executable, "-m", "mysql_k8s.operate", *arguments, "--stack", STACK], cwd=self.folder,
            env=self._environment(None), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def pulumi(self, *arguments: str, seconds: float = 120) -> Done:
        return self._run(["pulumi", *arguments, "--non-interactive"], seconds, None)

    def _run(self, command: list[str], seconds: float, kubeconfig: str | None) -> Done:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        process = subprocess.Popen(
            command, cwd=self.folder, env=self._environment(kubeconfig), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        began = time.monotonic()
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.terminate()  # `operate` then ends its pulumi in order
            output, _ = process.communicate(timeout=90)
            return Done(shown, None, output)
        print(f"\n  {shown}: {time.monotonic() - began:.1f} s")
        return Done(shown, process.returncode, output)

    def _environment(self, kubeconfig: str | None) -> dict[str, str]:
        merged = {**os.environ, **programs.environment()}
        merged["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), merged["PATH"]])
        return merged | {
            "VIRTUAL_ENV": sys.prefix,
            "KUBECONFIG": kubeconfig or self._kubeconfig,
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "for tests only",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }


ENGINES = {
    "mysql": {"kind": "mysql", "version": pins.MYSQL, "image": pins.MYSQL_IMAGE},
    "mariadb": {"kind": "mariadb", "version": pins.MARIADB, "image": pins.MARIADB_IMAGE},
}


def small_cluster(namespace: str, engine: str = "mysql", **topology: object) -> dict[str, Any]:
    """The arguments of a small cluster, with the images of the local Kubernetes."""
    return {
        "namespace": namespace,
        "engine": ENGINES[engine],
        "agent": {"image": pins.PYTHON_IMAGE},
        "topology": topology,
        "storage": {"size": "1Gi"},
        "resources": {"cpu": "100m", "memory": "768Mi"},
    }
