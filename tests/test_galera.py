"""What the library makes of the topology ``galera``. ``python tests/test_galera.py`` writes its my.cnf anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mysql_k8s import Galera, MariaDB, MySQLClusterArgs, StartAnew, Storage, explain, my_cnf, plan
from mysql_k8s.agent.mysqld import Mysqld, Row
from mysql_k8s.agent.observe_galera import GaleraObserver
from mysql_k8s.agent.settings import ForceStart, GaleraSettings, Settings
from mysql_k8s.galera_cnf import cache_bytes, provider_options
from mysql_k8s.generated.claim_template import made_with, refusals
from mysql_k8s.names import Names
from mysql_k8s.objects import config_map, disruption_budget, network_policy, role
from mysql_k8s.quantity import GIB, MIB

GOLDEN = Path(__file__).with_name("golden")
HISTORY = "e3d8499c-e62a-11f1-9c13-2661d78fbbe9"
CASES = {
    "galera": MySQLClusterArgs(engine=MariaDB(), topology=Galera()),
    "galera-tolerant": MySQLClusterArgs(engine=MariaDB(), topology=Galera(members=5, profile="tolerant")),
}


def galera(**changes: Any) -> MySQLClusterArgs:
    return MySQLClusterArgs(engine=MariaDB(), topology=Galera(**changes))


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    assert my_cnf.render(CASES[case]) == (GOLDEN / f"{case}.cnf").read_text("utf-8")


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"topology": {"kind": "galera"}}, "topology.kind = galera: is not a topology of engine.kind = mysql"),
        (
            {"engine": {"kind": "mariadb", "version": "11.8.7"}, "topology": {"kind": "galera"}},
            "engine.version = 11.8.7: lets a joining member make the sender of its data run a command",
        ),
        ({"engine": {"kind": "mariadb"}, "topology": {"kind": "galera", "members": 4}}, "topology.members = 4"),
        ({"engine": {"kind": "mariadb"}, "topology": {"kind": "group-replication"}}, "is not a topology of"),
        (
            {"engine": {"kind": "mariadb"}, "topology": {"kind": "galera"}, "my_cnf": {"wsrep-sst-method": "rsync"}},
            "my_cnf.wsrep-sst-method = rsync: is fixed",
        ),
        (
            {
                "engine": {"kind": "mariadb"},
                "topology": {"kind": "galera", "force_start": {"member": 3, "epoch": HISTORY}},
            },
            "topology.force_start.member = 3: is not among the members",
        ),
    ],
)
def test_what_does_not_fit_is_refused(wanted: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as error:
        MySQLClusterArgs.model_validate(wanted)
    assert problem in explain(error.value)


def test_what_the_agents_are_told(names: Names) -> None:
    args = galera(
        writers="all", donor="leaves", receive_queue_limit=7, failed_transfers_limit=2,
        force_start=StartAnew(member=1, epoch=HISTORY),
    )  # fmt: skip
    settings = Settings.parse(config_map.cluster_json(args, names))
    assert settings.in_group
    assert settings.galera == GaleraSettings(
        all_write=True, donor_leaves=True, receive_queue_limit=7, failed_transfers_limit=2
    )
    assert settings.force_start == ForceStart(1, HISTORY)


def test_nothing_goes_over_the_network_in_plain_text() -> None:
    assert provider_options(galera(), Galera())["socket.ssl"] == "yes"
    transfer = my_cnf.render(galera()).partition("[sst]")[2]
    assert "encrypt = 3" in transfer and "ssl-mode = VERIFY_CA" in transfer


@pytest.mark.parametrize(("size", "cache"), [("1Gi", 128 * MIB), ("10Gi", GIB), ("1Ti", 8 * GIB)])
def test_the_cache_follows_from_the_storage(size: str, cache: int) -> None:
    args = MySQLClusterArgs(engine=MariaDB(), topology=Galera(), storage=Storage(size=size))
    assert cache_bytes(args) == cache


def test_members_reach_each_other(names: Names) -> None:
    def ports(args: MySQLClusterArgs) -> str:
        return json.dumps(network_policy.network_policy(args, names), default=vars)

    between = ports(galera())
    for port in (4444, 4567, 4568):
        assert between.count(str(port)) == 2
        assert str(port) not in ports(MySQLClusterArgs())


def test_a_majority_is_kept_and_noted(names: Names) -> None:
    budget = disruption_budget.disruption_budget(galera(), names)
    assert "IfHealthyBudget" in json.dumps(budget, default=vars)
    assert '"get", "patch"' in json.dumps(role.role(galera(), names), default=vars)


def test_data_of_another_topology_is_not_taken_for_galeras() -> None:
    single = made_with(MySQLClusterArgs(engine=MariaDB()))
    assert [key for key, _ in refusals(single, made_with(galera()))] == ["topology"]


def test_the_plan_says_what_is_promised() -> None:
    said = plan.plan(galera())
    assert said["losing_the_primary"].startswith("another member takes the writes")
    assert "docs/galera.md" in said["durability"]


class Recorded(Mysqld):
    """A server whose data records a writer, or nobody."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def rows(self, sql: str, values: tuple[object, ...] | None = None) -> list[Row]:
        return self._rows


@pytest.mark.parametrize(("rows", "writer"), [([{"writer": 2}], 2), ([{"writer": None}], None), ([], None)])
def test_data_that_records_nobody_has_no_writer(rows: list[Row], writer: int | None) -> None:
    """So it is restored, and so a crash leaves it that comes before the first writer has recorded itself."""
    assert GaleraObserver(Recorded(rows), 0, Settings("db", "shop", "db", 3, "galera")).writer() == writer


if __name__ == "__main__":
    for name, case in CASES.items():
        (GOLDEN / f"{name}.cnf").write_text(my_cnf.render(case), "utf-8")
