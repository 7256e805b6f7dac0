"""Fixtures of the library's tests."""

from __future__ import annotations

import ast
import gc
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from effort import examples
from hypothesis import settings

from mysql_k8s import MySQLClusterArgs
from mysql_k8s.names import Names


def parse_undisturbed(*arguments: Any, **options: Any) -> ast.AST:
    """``ast.parse`` while no garbage is collected."""
    gc.disable()
    try:
        return parse(*arguments, **options)
    finally:
        gc.enable()


# CPython 3.11 counts recursion wrongly when a finalizer parses while something is parsed (python/cpython#106905).
parse = ast.parse
if sys.version_info < (3, 12):
    ast.parse = parse_undisturbed

# A busy machine may take any time for one example.
settings.register_profile("unhurried", deadline=None, max_examples=examples(40))
settings.load_profile("unhurried")


@pytest.fixture
def args() -> MySQLClusterArgs:
    """A cluster with every default."""
    return MySQLClusterArgs()


@pytest.fixture
def names() -> Names:
    return Names.of("orders", "shop")


Ask = Callable[[str, str], str]
"""Has a real server read a my.cnf with more options; returns all that it says."""


@pytest.fixture
def ask_mysqld() -> Ask:
    """MYSQL_ROOTFS names a folder with the root file system of a server's image; else a mysqld on the PATH is asked."""
    return partial(_ask, "mysqld", Path(os.environ.get("MYSQL_ROOTFS", "/")))


@pytest.fixture
def ask_mariadbd() -> Ask:
    """As ``ask_mysqld``, with MARIADB_ROOTFS."""
    return partial(_ask, "mariadbd", Path(os.environ.get("MARIADB_ROOTFS", "/")))


def _ask(server: str, root: Path, my_cnf: str, options: str) -> str:
    if not (root / "usr/sbin" / server).exists() and not shutil.which(server):
        pytest.skip(f"no {server}: set {server.removesuffix('d').upper()}_ROOTFS to the root file system of its image")
    prefix = ["chroot", str(root)] if root != Path("/") else []
    file = root / "tmp" / f"my-{uuid.uuid4().hex}.cnf"
    file.write_text(re.sub(r"(?m)^tmpdir = .*$", "tmpdir = /tmp", my_cnf))
    file.chmod(0o644)
    command = [*prefix, server, f"--defaults-file=/tmp/{file.name}", *options.split(), "--user=root"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    finally:
        file.unlink()
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit status {done.returncode}")
