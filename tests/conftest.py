"""Fixtures of the library's tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from mysql_k8s import MySQLClusterArgs
from mysql_k8s.names import Names


@pytest.fixture
def args() -> MySQLClusterArgs:
    """A cluster with every default."""
    return MySQLClusterArgs()


@pytest.fixture
def names() -> Names:
    return Names.of("orders", "shop")


@pytest.fixture
def ask_mysqld() -> Callable[[str, str], str]:
    """Has a real mysqld read a my.cnf with one more option; returns all that it says.

    MYSQL_ROOTFS names a folder with the root file system of a server's image; else a mysqld on the PATH is asked.
    """
    root = Path(os.environ.get("MYSQL_ROOTFS", "/"))
    prefix = ["chroot", str(root)] if root != Path("/") else []
    if not (root / "usr/sbin/mysqld").exists() and not shutil.which("mysqld"):
        pytest.skip("no mysqld: set MYSQL_ROOTFS to the root file system of a MySQL image")

    def ask(my_cnf: str, option: str) -> str:
        file = root / "tmp" / f"my-{uuid.uuid4().hex}.cnf"
        file.write_text(re.sub(r"(?m)^tmpdir = .*$", "tmpdir = /tmp", my_cnf))
        file.chmod(0o644)
        command = [*prefix, "mysqld", f"--defaults-file=/tmp/{file.name}", option, "--user=root"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        finally:
            file.unlink()
        return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit status {done.returncode}")

    return ask
