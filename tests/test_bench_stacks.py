"""What is deployed beside the component, and how its figures are read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bench import container_cost, stacks, sysbench
from bench.cost import CommandFailed
from bench.sysbench import Load, Sysbench
from sandbox import pins

SAID = """
SQL statistics:
    queries performed:
        total:                           1872
    transactions:                        312    (15.53 per sec.)
    queries:                             1872   (93.20 per sec.)
Latency (ms):
         avg:                                   64.31
         95th percentile:                       90.78
"""


def test_every_container_of_the_tutorials_pods_has_the_servers_image() -> None:
    items = json.loads(stacks.manifests_of_tutorial())["items"]
    assert [each["kind"] for each in items] == ["ConfigMap", "Service", "Service", "StatefulSet"]
    pod = items[-1]["spec"]["template"]["spec"]
    assert {each["image"] for each in pod["initContainers"] + pod["containers"]} == {pins.MARIADB_IMAGE}


def test_figures_of_sysbench() -> None:
    assert sysbench.parsed(SAID) == Load(15.53, 0.09078)
    with pytest.raises(CommandFailed, match="no figures"):
        sysbench.parsed("FATAL: unable to connect")


def test_sysbench_gets_its_password_by_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    Sysbench(tmp_path / "load", "app", "hidden", {"ca.crt": "a", "tls.crt": "b", "tls.key": "c"})
    assert "mysql-password=hidden\n" in (tmp_path / "load/sysbench.cnf").read_text()
    assert (tmp_path / "load").stat().st_mode & 0o077 == 0


def test_processor_time_of_a_process_comes_from_the_kernel() -> None:
    before = container_cost.with_reaped(os.getpid())
    assert sum(number * number for number in range(2_000_000)) > 0
    assert container_cost.with_reaped(os.getpid()) > before
    assert container_cost.parent(os.getpid()) == os.getppid()
