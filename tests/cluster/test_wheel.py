"""The package as pip installs it elsewhere: nothing that a cluster is made of may be missing from the wheel.

It stands among the slow tests, as pip builds in an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PROGRAM = """
from harness import deploy

import mysql_k8s

made = deploy(lambda: mysql_k8s.MySQLCluster("orders"))
print(mysql_k8s.__file__)
config_maps = made.of("ConfigMap")
(agent,) = [each["binaryData"] for name, each in config_maps.items() if name.startswith("orders-agent-")]
print(len(agent["agent.zip"]))
(config,) = [each["data"] for name, each in config_maps.items() if name.startswith("orders-config-")]
print(*sorted(config))
print(*made.of("StatefulSet"))
"""


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy: in the checkout, an earlier build's files would stand in for missing ones."""
    source = tmp_path_factory.mktemp("source")
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(CHECKOUT / file, source)
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info", ".venv")
    shutil.copytree(CHECKOUT / "components", source / "components", ignore=unwanted)
    return source


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", str(made), str(source))
    (built,) = made.glob("mysql_k8s-*.whl")
    return built


def test_every_file_of_the_package_is_in_the_wheel(source: Path, wheel: Path) -> None:
    package = source / "components" / "mysql_k8s"
    wanted = {file.relative_to(package.parent).as_posix() for file in package.rglob("*") if file.is_file()}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == wanted
    assert {"mysql_k8s/py.typed", "mysql_k8s/agent/decide.py", "mysql_k8s/objects/scripts/mysql/run.sh"} <= packed


def test_a_cluster_is_made_with_the_installed_package(wheel: Path, tmp_path: Path) -> None:
    pip("install", "--no-deps", "--target", str(tmp_path / "packages"), str(wheel))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "packages"), str(CHECKOUT / "tests")])}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    where, agent_bytes, files, stateful_set = done.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path / "packages")
    assert int(agent_bytes) > 100_000, "the agent's own code and PyMySQL"
    assert files.split() == ["alive.sh", "lib.sh", "my.cnf", "prestop.sh", "run.sh"]
    assert stateful_set == "orders"
