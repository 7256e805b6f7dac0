"""MariaDB's my.cnf against golden files, and what a real server says of it.

``python tests/test_my_cnf_mariadb.py`` writes them anew; read the diff before you commit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from mysql_k8s import MariaDB, MySQLClusterArgs, Replication, Standalone, explain, mariadb_settings, my_cnf
from mysql_k8s.args import Topology

GOLDEN = Path(__file__).with_name("golden")
CASES = {
    "mariadb": MySQLClusterArgs(engine=MariaDB(), topology=Replication()),
    "mariadb-standalone": MySQLClusterArgs(engine=MariaDB(), topology=Standalone()),
    "mariadb-semi-sync": MySQLClusterArgs(engine=MariaDB(), topology=Replication(durability="semi-sync")),
}
NOTHING_BUT_READING = "--help --verbose --silent-startup"


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    assert my_cnf.render(CASES[case]) == (GOLDEN / f"{case}.cnf").read_text("utf-8")


def told(answer: str) -> dict[str, str]:
    """The variables that the server says it would run with."""
    table = answer.rpartition("--------- ----")[2].splitlines()
    return {words[0].replace("-", "_"): words[1] for line in table if len(words := line.split(None, 1)) == 2}


@pytest.mark.mysqld
@pytest.mark.parametrize("case", CASES)
def test_the_real_server_knows_and_takes_every_setting(case: str, ask_mariadbd: Callable[[str, str], str]) -> None:
    # A folder that only a pod has.
    text = my_cnf.render(CASES[case]).replace("loose_", "").replace("= /etc/mysql-k8s\n", "= /tmp\n")
    answer = ask_mariadbd(text, NOTHING_BUT_READING)
    assert "unknown variable" not in answer
    assert "exit status" not in answer
    found = told(answer)
    wanted = mariadb_settings.enforced(CASES[case].topology.kind, CASES[case].durability)
    values = {name: {"ON": "TRUE", "OFF": "FALSE"}.get(each.value, each.value) for name, each in wanted.items()}
    differing = {
        name: found.get(name) for name, value in values.items() if name != "tmpdir" and found.get(name) != value
    }
    assert {name: found for name, found in differing.items() if name not in ("read_only", "secure_file_priv")} == {}


@pytest.mark.mysqld
@pytest.mark.parametrize("name", mariadb_settings.UNKNOWN)
def test_the_real_server_does_not_know_what_is_refused(name: str, ask_mariadbd: Callable[[str, str], str]) -> None:
    answer = ask_mariadbd(f"[mysqld]\n{name} = 1\n", NOTHING_BUT_READING)
    assert f"unknown variable '{name}=1'" in answer


@pytest.mark.parametrize("topology", [Standalone(), Replication(), Replication(durability="semi-sync")])
def test_every_member_starts_unable_to_be_written_to(topology: Topology) -> None:
    fixed = mariadb_settings.enforced(topology.kind, "semi-sync")
    assert (fixed["read_only"].value, fixed["skip_slave_start"].value) == ("ON", "ON")
    assert (fixed["gtid_strict_mode"].value, fixed["log_slave_updates"].value) == ("ON", "ON")


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("read_only", "a member is writable only once"),
        ("loose-Skip-Slave-Start", "a member follows only once"),
        ("replica_skip_errors", "a replica that passes over an error"),
        ("gtid_strict_mode", "numbers only grow"),
        ("wsrep_on", "topology.kind = galera"),
        ("init_rpl_role", "roll back what was acknowledged"),
        ("super_read_only", "is not a setting of MariaDB"),
        ("innodb_redo_log_capacity", "use innodb_log_file_size"),
    ],
)
def test_what_is_fixed_or_unknown_is_refused_with_the_reason(setting: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MySQLClusterArgs.model_validate({"engine": {"kind": "mariadb"}, "my_cnf": {setting: 1}})
    assert why in explain(refused.value)


def test_what_mysql_no_longer_has_mariadb_may_have() -> None:
    args = MySQLClusterArgs.model_validate({"engine": {"kind": "mariadb"}, "my_cnf": {"query_cache_size": 0}})
    assert "query_cache_size = 0" in my_cnf.render(args).splitlines()


if __name__ == "__main__":
    for name, cluster in CASES.items():
        (GOLDEN / f"{name}.cnf").write_text(my_cnf.render(cluster), "utf-8")
