"""What a program that imports the library does not load, because it seldom needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = "import sys; from mysql_k8s import MySQLCluster, MySQLClusterArgs; print(*sys.modules, sep='\\n')"


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return set(
        subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout.split()
    )


@pytest.mark.parametrize(
    "module",
    [
        "cryptography",
        "pymysql",
        "kubernetes",
        "rich",
        "typer",
        "pulumi_kubernetes.batch.v1",
        "mysql_k8s.backup_resources",
        "mysql_k8s.operate",
        "mysql_k8s.render",
        "mysql_k8s.changes",
    ],
)
def test_a_program_does_not_load(module: str, loaded: set[str]) -> None:
    assert module not in loaded


def test_the_component_is_loaded(loaded: set[str]) -> None:
    assert "mysql_k8s.component" in loaded
