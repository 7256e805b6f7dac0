"""What is not loaded where it is not needed: by a program, and by the process that makes passwords and certificates."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = "from mysql_k8s import MySQLCluster, MySQLClusterArgs"
PROVIDERS = "from mysql_k8s.generated import certificates, claim_template, password"


def after(imports: str) -> set[str]:
    """The modules that a process has which does only this."""
    command = [sys.executable, "-c", f"{imports}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return after(PROGRAM)


@pytest.mark.parametrize(
    "module",
    [
        "cryptography",
        "pymysql",
        "kubernetes",
        "rich",
        "typer",
        "pulumi_kubernetes.batch.v1",
        "mysql_k8s.backup.planning",
        "mysql_k8s.backup_resources",
        "mysql_k8s.router_resources",
        "mysql_k8s.operate",
        "mysql_k8s.render",
        "mysql_k8s.changes",
    ],
)
def test_a_program_does_not_load(module: str, loaded: set[str]) -> None:
    assert module not in loaded


def test_the_component_is_loaded(loaded: set[str]) -> None:
    assert "mysql_k8s.component" in loaded


def test_the_providers_load_neither_arguments_nor_objects() -> None:
    loaded = after(PROVIDERS)
    assert "mysql_k8s.generated.claim_template" in loaded
    assert not loaded & {"cryptography", "pydantic", "pulumi_kubernetes", "mysql_k8s.args", "mysql_k8s.component"}
