"""The matrix of engines and topologies: in types, at run time, and in the README."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from mysql_k8s import Galera, GroupReplication, MariaDB, MySQL, MySQLClusterArgs, Replication, Standalone, explain
from mysql_k8s.args import pairs
from mysql_k8s.args.engine import TOPOLOGIES

README = (Path(__file__).parent.parent / "README.md").read_text()
ENGINES: dict[str, type[MySQL | MariaDB]] = {"mysql": MySQL, "mariadb": MariaDB}
KINDS: dict[str, Any] = {
    "standalone": Standalone,
    "replication": Replication,
    "group-replication": GroupReplication,
    "galera": Galera,
}
PAIRS = list(itertools.product(ENGINES, KINDS))


@pytest.mark.parametrize(("engine", "topology"), PAIRS)
def test_a_pair_is_taken_or_refused_with_the_way_out(engine: str, topology: str) -> None:
    wanted = {"engine": {"kind": engine}, "topology": {"kind": topology}}
    if topology in TOPOLOGIES[engine]:
        args = MySQLClusterArgs.model_validate(wanted)
        assert (args.engine.kind, args.topology.kind) == (engine, topology)
        return
    with pytest.raises(ValidationError) as refused:
        MySQLClusterArgs.model_validate(wanted)
    other = "mariadb" if engine == "mysql" else "mysql"
    assert explain(refused.value).startswith(f"topology.kind = {topology}: is not a topology of engine.kind = {engine}")
    assert explain(refused.value).endswith(f"or engine.kind = {other}")


def test_types_and_run_time_say_the_same() -> None:
    by_type = {"mysql": pairs.TopologyOfMySQL, "mariadb": pairs.TopologyOfMariaDB}
    for engine, topologies in by_type.items():
        assert {KINDS[kind] for kind in TOPOLOGIES[engine]} == set(get_args(topologies))
    assert set(pairs.OthersOfMySQL.__annotations__) | {"engine", "topology"} == set(MySQLClusterArgs.model_fields)


def test_an_impossible_pair_is_an_error_of_types() -> None:
    with pytest.raises(ValidationError):
        MySQLClusterArgs(engine=MariaDB(), topology=GroupReplication())  # pyright: ignore[reportCallIssue, reportArgumentType]
    with pytest.raises(ValidationError):
        MySQLClusterArgs(topology=Galera())  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_the_readme_has_the_matrix() -> None:
    header = re.search(r"^\| engine \|(.*)\| *\|$", README, re.MULTILINE)
    assert header is not None
    kinds = re.findall(r"`([a-z-]+)`", header[1])
    assert kinds == list(KINDS)
    for engine in ENGINES:
        row = re.search(rf"^\| `{engine}` \([0-9.]+\) \|(.*)$", README, re.MULTILINE)
        assert row is not None
        cells = [cell.strip() for cell in row[1].split("|")][: len(kinds)]
        assert {kind for kind, cell in zip(kinds, cells, strict=True) if cell == "yes"} == set(TOPOLOGIES[engine])


def test_without_a_kind_it_is_mysql() -> None:
    assert MySQLClusterArgs.model_validate({"engine": {"version": "9.7.4"}}).engine.kind == "mysql"
    with pytest.raises(ValidationError) as refused:
        MySQLClusterArgs.model_validate({"engine": {"kind": "oracle"}})
    assert explain(refused.value) == "engine: is not a known kind; use `kind: mysql` or `kind: mariadb`"


@pytest.mark.parametrize("version", ["11.8.6", "11.4.9", "12.0.1", "11.8", "9.7.4"])
def test_versions_with_a_known_hole_and_unknown_ones_are_refused(version: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MySQLClusterArgs.model_validate({"engine": {"kind": "mariadb", "version": version}})
    assert explain(refused.value).startswith(f"engine.version = {version}: ")
