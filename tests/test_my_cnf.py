"""my.cnf against golden files. ``python tests/test_my_cnf.py`` writes them anew; read the diff before you commit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s import (
    GroupReplication,
    MySQLClusterArgs,
    Replication,
    Resources,
    Standalone,
    Storage,
    my_cnf,
    server_settings,
)
from mysql_k8s.args import Topology
from mysql_k8s.quantity import GIB, MIB

GOLDEN = Path(__file__).with_name("golden")
CASES = {
    "default": MySQLClusterArgs(),
    "standalone": MySQLClusterArgs(topology=Standalone()),
    "semi-sync": MySQLClusterArgs(topology=Replication(durability="semi-sync")),
    "group": MySQLClusterArgs(topology=GroupReplication()),
    "group-tolerant": MySQLClusterArgs(topology=GroupReplication(profile="tolerant", consistency="AFTER")),
    "small": MySQLClusterArgs(resources=Resources(memory="640Mi"), storage=Storage(size="1Gi")),
    "large": MySQLClusterArgs(resources=Resources(memory="64Gi"), storage=Storage(size="1Ti")),
    "overridden": MySQLClusterArgs(
        my_cnf={
            "loose-max-connections": 500,
            "innodb_buffer_pool_size": "1G",
            "slow_query_log": True,
            "long_query_time": 0.5,
            "init_connect": "SET @a = '#1\\2'",
            "plugin-load-add": "validate_password.so",
        }
    ),
}


def settings(text: str) -> dict[str, str]:
    """What mysqld would read: the last line of several wins."""
    return dict(line.removeprefix("loose_").split(" = ", 1) for line in text.splitlines() if " = " in line)


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    assert my_cnf.render(CASES[case]) == (GOLDEN / f"{case}.cnf").read_text("utf-8")


@pytest.mark.mysqld
@pytest.mark.parametrize("case", [case for case in CASES if case != "overridden"])
def test_the_real_server_accepts_it_without_a_warning(case: str, ask_mysqld: Callable[[str, str], str]) -> None:
    assert ask_mysqld(my_cnf.render(CASES[case]), "--validate-config") == ""


@pytest.mark.mysqld
def test_the_real_server_refuses_a_setting_that_it_does_not_know(ask_mysqld: Callable[[str, str], str]) -> None:
    answer = ask_mysqld(my_cnf.render(MySQLClusterArgs(my_cnf={"no_such_setting": 1})), "--validate-config")
    assert "unknown variable 'no_such_setting=1'" in answer


@pytest.mark.mysqld
@pytest.mark.parametrize("value", ["SET @a = '#1\\2'", "back\\slash", "# all of it", 'say "hi"', "a;b = c", "'quoted'"])
def test_the_real_server_reads_values_as_they_were_meant(value: str, ask_mysqld: Callable[[str, str], str]) -> None:
    answer = ask_mysqld(my_cnf.render(MySQLClusterArgs(my_cnf={"init_connect": value})), "--print-defaults")
    assert f"--init_connect={value} --" in answer


def test_the_order_of_overrides_does_not_matter() -> None:
    one = MySQLClusterArgs(my_cnf={"sort_buffer_size": 1, "join_buffer_size": 2})
    other = MySQLClusterArgs(my_cnf={"join-buffer-size": 2, "sort-buffer-size": 1})
    assert my_cnf.render(one) == my_cnf.render(other)


@pytest.mark.parametrize(
    "topology", [Standalone(), Replication(), Replication(durability="semi-sync"), GroupReplication()]
)
def test_what_is_fixed_comes_last_and_so_wins(topology: Topology) -> None:
    args = MySQLClusterArgs(topology=topology, my_cnf={"sort_buffer_size": 1})
    _, enforced = my_cnf.render(args).split("# enforced")
    wanted = server_settings.enforced(topology.kind, args.durability)
    assert settings(enforced).items() >= {key: each.value for key, each in wanted.items()}.items()


def test_acknowledged_transactions_in_the_relay_log_are_kept() -> None:
    semi_sync = settings(my_cnf.render(CASES["semi-sync"]))
    assert (semi_sync["relay_log_recovery"], semi_sync["sync_relay_log"]) == ("OFF", "1")
    assert settings(my_cnf.render(CASES["default"]))["relay_log_recovery"] == "ON"


def test_every_member_starts_unable_to_be_written_to() -> None:
    for args in CASES.values():
        found = settings(my_cnf.render(args))
        assert (found["super_read_only"], found["skip_replica_start"], found["persisted_globals_load"]) == (
            "ON",
            "ON",
            "OFF",
        )


def test_a_standalone_server_knows_nothing_of_replication() -> None:
    text = my_cnf.render(CASES["standalone"])
    assert "semi_sync" not in text
    assert "relay" not in text


def test_initialising_which_loads_no_plugin_meets_no_unknown_setting() -> None:
    lines = my_cnf.render(CASES["semi-sync"]).splitlines() + my_cnf.render(CASES["group"]).splitlines()
    assert not [line for line in lines if line.startswith(("rpl_semi_sync", "group_replication"))]
    assert "loose_rpl_semi_sync_source_wait_point = AFTER_SYNC" in lines


def test_a_silent_member_is_given_up_soon_or_late() -> None:
    fast, tolerant = (settings(my_cnf.render(CASES[case])) for case in ("group", "group-tolerant"))
    assert fast["group_replication_member_expel_timeout"] == "0"
    assert tolerant["group_replication_member_expel_timeout"] == "15", "1 to 15 all act alike"


@pytest.mark.parametrize("key", ["group_replication_message_cache_size", "clone_max_data_bandwidth"])
def test_a_setting_of_a_plugin_that_is_free_gets_its_prefix(key: str) -> None:
    text = my_cnf.render(MySQLClusterArgs(topology=GroupReplication(), my_cnf={key: 134217728}))
    assert f"loose_{key} = 134217728" in text.splitlines()


def test_the_redo_log_leaves_the_volume_to_the_data() -> None:
    assert my_cnf.redo_log_bytes(CASES["small"]) == 64 * MIB
    assert my_cnf.redo_log_bytes(CASES["default"]) == 576 * MIB
    assert my_cnf.redo_log_bytes(CASES["large"]) == 4 * GIB


@pytest.mark.parametrize(("text", "count"), [("512M", 512 * MIB), ("1g", GIB), (1048576, MIB), (" 2K ", 2048)])
def test_sizes_as_the_server_reads_them(text: str | int, count: int) -> None:
    assert server_settings.size_in_bytes(text) == count


@given(st.text(max_size=6))
def test_any_size_is_read_or_refused(text: str) -> None:
    try:
        assert server_settings.size_in_bytes(text) >= 0
    except ValueError as error:
        assert "is not a size" in str(error)


if __name__ == "__main__":
    for name, cluster in CASES.items():
        (GOLDEN / f"{name}.cnf").write_text(my_cnf.render(cluster), "utf-8")
