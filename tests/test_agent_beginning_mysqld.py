"""A member that applies all that a young primary wrote, on real servers of both kinds: two members' life, in order."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from mysqld_members import (
    PASSWORDS,
    SETTINGS,
    LoopbackSettings,
    RealMember,
    address,
    look_at,
    write_certificates,
)

from mysql_k8s.agent import actions as act
from mysql_k8s.agent import clone, mysqld, provision
from mysql_k8s.agent.account_check import AccountCheck
from mysql_k8s.agent.beginning import MOST_TRANSACTIONS, Beginning, is_asked
from mysql_k8s.agent.engines import engine_of
from mysql_k8s.agent.facts import Local
from mysql_k8s.agent.mysqld import Row

pytestmark = pytest.mark.mysqld

ROOTFS = {"mysql": "MYSQL_ROOTFS", "mariadb": "MARIADB_ROOTFS"}
OF_THE_MEMBER = {
    *("gtid_executed", "gtid_slave_pos", "slave_master_info", "slave_relay_log_info", "slave_worker_info"),
    *("innodb_index_stats", "innodb_table_stats", "general_log", "slow_log", "transaction_registry"),
}
"""Tables of the schema ``mysql`` that say where a member is, or what its server did."""
COLUMNS = """
SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
 WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = %s AND DATA_TYPE NOT IN ('timestamp', 'datetime') ORDER BY 1
"""
TABLES = (
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'"
)
NOT_LOGGED = "SET SESSION sql_log_bin = 0"
LOGGED = "SET SESSION sql_log_bin = 1"


@dataclass(frozen=True)
class Pair:
    """The primary and two that begin."""

    members: tuple[RealMember, ...]
    folder: Path
    settings: LoopbackSettings

    @property
    def is_mariadb(self) -> bool:
        return self.settings.engine == "mariadb"

    def local(self, member: RealMember) -> Local:
        """The member's facts with those about accounts, never from memory."""
        local = member.observer.observe()
        return AccountCheck(self.settings).complete(member.mysqld, local, declares=member.ordinal == 0)

    def beginning(self, member: RealMember) -> str:
        report = member.observer.observe().report
        # What the observer asked may still be listed for a moment, and then nothing is said.
        while is_asked(member.mysqld, engine_of(self.settings).initialised):
            time.sleep(0.01)
        return self.looks(member).version(report, self.settings)

    def looks(self, member: RealMember) -> Beginning:
        engine = engine_of(self.settings)
        return Beginning(member.mysqld, engine.initialised, engine.accounts)


@pytest.fixture(scope="module", params=ROOTFS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    rootfs = os.environ.get(ROOTFS[request.param])
    if not rootfs or os.geteuid() != 0:
        pytest.skip(f"needs root, and {ROOTFS[request.param]} to name the root file system of a server's image")
    folder = tmp_path_factory.mktemp("members")
    for each in (folder, *folder.parents[:2]):  # the server runs as another user and must be able to pass through
        each.chmod(0o755)
    (folder / "secrets").mkdir()
    for secret, value in PASSWORDS.items():
        (folder / "secrets" / secret).write_text(value)
    write_certificates(folder / "tls", [address(ordinal) for ordinal in range(3)])
    patch = pytest.MonkeyPatch()
    patch.setattr(mysqld, "MARIADB_USER", "root")  # the user of the tests
    settings = replace(SETTINGS, engine=request.param)
    members = tuple(RealMember(ordinal, folder, Path(rootfs), settings) for ordinal in range(3))
    for member in members:
        member.start()
    yield Pair(members, folder, settings)
    for member in members:
        member.stop()
    patch.undo()


def at(pair: Pair, ordinal: int, monkeypatch: pytest.MonkeyPatch) -> RealMember:
    """The member, as its own agent sees it from here on."""
    look_at(pair.members[ordinal], monkeypatch, pair.folder)
    return pair.members[ordinal]


def system_tables(member: RealMember) -> dict[str, list[str]]:
    """Everything in the schema ``mysql`` but times, what is the member's own, and salted passwords."""
    names = {row["name"] for row in member.mysqld.rows(TABLES, ("mysql",))} - OF_THE_MEMBER
    return {name: sorted(str(unsalted(name, row)) for row in rows_of(member, name)) for name in names}


def rows_of(member: RealMember, table: str) -> list[Row]:
    columns = ", ".join(f"`{row['name']}`" for row in member.mysqld.rows(COLUMNS, (table,)))
    if table == "global_priv":
        columns = columns.replace("`Priv`", "JSON_REMOVE(Priv, '$.password_last_changed') AS Priv")
    return member.mysqld.rows(f"SELECT {columns} FROM mysql.`{table}`")


def unsalted(table: str, row: Row) -> Row:
    """An internal account is made by each member, with a salt of its own; that its password is right is asked apart."""
    internal = table == "user" and row["User"] in ("mysql_k8s_replication", "mysql_k8s_clone", "admin")
    return {**row, "authentication_string": b""} if internal else row


def test_a_new_directory_begins_with_the_version_that_runs(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    for ordinal in range(3):
        member = at(pair, ordinal, monkeypatch)
        local = member.up()
        assert local.report.empty
        assert local.version.startswith(pair.beginning(member))
        assert pair.beginning(member).count(".") == 2


def test_the_log_of_a_primary_that_was_just_made_makes_all_its_data(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = pair.beginning(at(pair, 1, monkeypatch))
    primary = at(pair, 0, monkeypatch)
    for step in (act.Bootstrap(), act.Declare()):
        primary.performer.perform(step)
        assert pair.beginning(primary) == version
    report = primary.observer.observe().report
    assert len(report.executed) == 10, "what provisioning writes for one database and one user"
    assert len(report.executed) < MOST_TRANSACTIONS


def test_an_empty_member_applies_it(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = at(pair, 0, monkeypatch).observer.observe().report.executed
    replica = at(pair, 1, monkeypatch)
    replica.performer.perform(act.FollowFromNothing(0, "test"))
    local = replica.wait("all transactions", lambda local: local.report.executed >= wanted)
    assert local.report.executed == local.report.received == wanted
    assert not local.report.purged, "its own log has all, too"
    assert local.report.bootstrapped and not local.report.writable and not local.offline
    assert local.report.server_uuid != local.primary_uuid
    assert pair.local(replica).accounts_in_order


def test_then_nothing_differs_but_what_is_the_members_own(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [system_tables(at(pair, ordinal, monkeypatch)) for ordinal in (0, 1)]
    assert len(found[0]) > 20
    assert found[0].keys() == found[1].keys()
    for table, rows in found[0].items():
        assert found[1][table] == rows, table
    declared = [at(pair, ordinal, monkeypatch).mysqld.rows("SELECT * FROM mysql_k8s.cluster") for ordinal in (0, 1)]
    assert declared[0] == declared[1]


def test_a_follower_is_not_copied_over(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty still, but from its source something may arrive at any moment."""
    replica = at(pair, 2, monkeypatch)
    replica.performer.perform(act.FollowFromNothing(0, "test"))
    replica.performer.perform(act.StopReceiving())
    pid = replica.mysqld_pid()
    if pair.is_mariadb:
        assert not provision.is_empty(replica.mysqld)
    else:
        clone.clone_from(replica.mysqld, address(0))
    assert replica.mysqld_pid() == pid


def test_one_that_is_killed_half_way_goes_on(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = at(pair, 0, monkeypatch).observer.observe().report.executed
    replica = at(pair, 2, monkeypatch)
    for _ in range(3):
        pid = replica.mysqld_pid()
        replica.kill_mysqld()
        replica.wait("restart", lambda local, pid=pid: replica.mysqld_pid() != pid)
        replica.performer.perform(act.Follow(0, "test"))
    local = replica.wait("all transactions", lambda local: local.report.executed >= wanted)
    assert local.report.executed == wanted
    assert system_tables(replica) == system_tables(at(pair, 1, monkeypatch))


PAST_THE_LOG = {
    "a table": ("CREATE TABLE app.t (id INT PRIMARY KEY)", "DROP TABLE app.t"),
    "a view": ("CREATE VIEW app.v AS SELECT 1", "DROP VIEW app.v"),
    "a routine": ("CREATE PROCEDURE app.p() SELECT 1", "DROP PROCEDURE app.p"),
    "an event": ("CREATE EVENT app.e ON SCHEDULE EVERY 1 YEAR DO SELECT 1", "DROP EVENT app.e"),
    "a database": ("CREATE DATABASE other", "DROP DATABASE other"),
    "an account": ("CREATE USER other@localhost", "DROP USER other@localhost"),
    "a declared name elsewhere": ("CREATE USER app@localhost", "DROP USER app@localhost"),
    "time zones": ("INSERT INTO mysql.time_zone_name VALUES ('X', 1)", "DELETE FROM mysql.time_zone_name"),
}


@pytest.mark.parametrize("what", PAST_THE_LOG)
def test_what_is_written_past_the_log_is_noticed(what: str, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(pair, 0, monkeypatch)
    make, remove = PAST_THE_LOG[what]
    before = primary.observer.observe().report.executed
    primary.mysqld.run("SET GLOBAL read_only = OFF", NOT_LOGGED, make)
    assert not pair.beginning(primary)
    primary.mysqld.run(remove, LOGGED)
    assert pair.beginning(primary)
    assert primary.observer.observe().report.executed == before


def test_what_clients_write_is_enough_to_be_copied(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the log made a table cannot be told."""
    primary = at(pair, 0, monkeypatch)
    primary.mysqld.run("CREATE TABLE app.t (id INT PRIMARY KEY)")
    assert not pair.beginning(primary)
    primary.mysqld.run("DROP TABLE app.t")
    assert pair.beginning(primary)


def test_many_transactions_are_enough_to_be_copied(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(pair, 0, monkeypatch)
    report = primary.observer.observe().report
    source = next(iter(report.executed.intervals))
    for last, young in ((MOST_TRANSACTIONS, True), (MOST_TRANSACTIONS + 1, False)):
        held = replace(report, executed=replace(report.executed, intervals={source: ((1, last),)}))
        assert bool(pair.looks(primary).version(held, pair.settings)) == young


def test_a_purged_log_makes_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    replica = at(pair, 1, monkeypatch)
    assert pair.beginning(replica)
    replica.mysqld.run("FLUSH BINARY LOGS")
    newest = replica.mysqld.rows("SHOW BINARY LOGS")[-1]["Log_name"]
    end = time.monotonic() + 10
    while len(replica.mysqld.rows("SHOW BINARY LOGS")) > 1 and time.monotonic() < end:
        # MariaDB keeps a log until a checkpoint, a moment later, says that no crash needs it.
        replica.mysqld.run(f"PURGE BINARY LOGS TO '{newest}'")
        time.sleep(0.1)
    assert replica.observer.observe().report.purged
    assert not pair.beginning(replica)


def test_data_that_was_there_before_the_log_gets_no_mark(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reset makes it pass for an empty member, with all its data."""
    primary = at(pair, 0, monkeypatch)
    primary.mysqld.run("RESET MASTER" if pair.is_mariadb else "RESET BINARY LOGS AND GTIDS")
    assert primary.observer.observe().report.empty
    primary.mysqld.run("CREATE DATABASE IF NOT EXISTS app")
    assert not pair.beginning(primary)
    primary.mysqld.run("RESET MASTER" if pair.is_mariadb else "RESET BINARY LOGS AND GTIDS")
    primary.performer.perform(act.Bootstrap())
    assert primary.observer.observe().report.bootstrapped
    assert not pair.beginning(primary)
