from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from mysql_k8s import agent_bundle

LIMIT = 1024 * 1024
"""Of a whole ConfigMap, in bytes (Kubernetes API, "ConfigMap")."""


def names_in_bundle() -> list[str]:
    return zipfile.ZipFile(io.BytesIO(agent_bundle.build().content)).namelist()


def test_equal_sources_make_equal_bundles() -> None:
    first = agent_bundle.build()
    agent_bundle.build.cache_clear()
    assert agent_bundle.build() == first
    assert len(first.digest) == 10


def test_it_holds_the_agent_and_pymysql_and_nothing_else() -> None:
    names = names_in_bundle()
    assert {"__main__.py", "agent/__init__.py", "agent/main.py", "pymysql/__init__.py"} <= set(names)
    assert names == sorted(names)
    assert {name.split("/")[0] for name in names} == {"__main__.py", "agent", "pymysql"}
    assert all(name.endswith(".py") and "tests" not in name for name in names)


def test_it_leaves_room_in_its_config_map() -> None:
    assert len(agent_bundle.build().base64) < LIMIT * 3 // 4


def test_python_alone_runs_it(tmp_path: Path) -> None:
    bundle = tmp_path / agent_bundle.FILE_NAME
    bundle.write_bytes(agent_bundle.build().content)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import agent.main, pymysql; print(agent.main, pymysql)"
    # -I -S: without this environment's packages, as in a stock image.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(bundle)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(bundle)) == 2
