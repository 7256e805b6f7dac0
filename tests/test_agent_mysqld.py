"""What the agent observes and does, on two real mysqld processes: one life of a primary and its replica, in order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from mysqld_members import (
    MYSQL_USER,
    SETTINGS,
    RealMember,
    address,
    look_at,
    open_to_servers,
    rootfs_of,
    write_mounts,
)

from mysql_k8s.agent import actions as act
from mysql_k8s.agent import clone
from mysql_k8s.agent.account_check import AccountCheck
from mysql_k8s.agent.facts import Local
from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.agent.mysqld import Mysqld, Unreachable

pytestmark = pytest.mark.mysqld


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("members")
    open_to_servers(folder)
    write_mounts(folder)
    return folder


@pytest.fixture(scope="module")
def members(folder: Path) -> Iterator[tuple[RealMember, RealMember]]:
    rootfs = rootfs_of("mysql")
    both = (RealMember(0, folder, rootfs), RealMember(1, folder, rootfs))
    # A folder left by an initialisation that was killed half-way must be no hindrance.
    half = both[0].folder / "var/lib/mysql/.initialise"
    half.mkdir()
    (half / "auto.cnf").write_text("[auto]\n")
    shutil.chown(half, MYSQL_USER, MYSQL_USER)
    for member in both:
        member.start()
    yield both
    for member in both:
        member.stop()


@pytest.fixture
def primary(members: tuple[RealMember, RealMember], monkeypatch: pytest.MonkeyPatch, folder: Path) -> RealMember:
    look_at(members[0], monkeypatch, folder)
    return members[0]


@pytest.fixture
def replica(members: tuple[RealMember, RealMember], monkeypatch: pytest.MonkeyPatch, folder: Path) -> RealMember:
    look_at(members[1], monkeypatch, folder)
    return members[1]


def client(member: RealMember, folder: Path, user: str = "app", password: str = "u-secret") -> pymysql.Connection:
    return pymysql.connect(
        host=address(member.ordinal),
        user=user,
        password=password,
        ssl_ca=str(folder / "tls/ca.crt"),
        ssl_verify_cert=True,
        ssl_verify_identity=True,
        autocommit=True,
        connect_timeout=5,
    )


def run(connection: pymysql.Connection, sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def checked(member: RealMember) -> Local:
    """The member's facts with those about accounts, never from memory."""
    local = member.observer.observe()
    return AccountCheck(SETTINGS).complete(member.mysqld, local, declares=member.ordinal == 0)


def test_a_new_member_is_empty_and_nobody_can_write(primary: RealMember) -> None:
    local = primary.up()
    assert local.report.empty
    assert not local.report.writable
    assert not local.report.bootstrapped
    assert local.channel is None
    assert not (primary.folder / "var/lib/mysql/.initialise").exists()


def test_root_gets_in_by_the_socket_alone(primary: RealMember, folder: Path) -> None:
    assert primary.mysqld.rows("SELECT CURRENT_USER() AS user") == [{"user": "root@localhost"}]
    with pytest.raises(pymysql.OperationalError, match=r"Access denied|not allowed to connect"):
        client(primary, folder, "root", "")


def test_bootstrap_makes_it_a_member_with_data(primary: RealMember) -> None:
    primary.performer.perform(act.Bootstrap())
    local = checked(primary)
    assert local.report.bootstrapped
    assert not local.report.empty
    assert not local.report.writable
    assert not local.offline
    assert local.primary_uuid == local.report.server_uuid
    assert local.accounts_in_order
    assert not local.declared_in_order


def test_internal_accounts_are_not_in_the_binary_log(primary: RealMember) -> None:
    before = primary.observer.observe().report.executed
    primary.performer.perform(act.AlignAccounts())
    assert primary.observer.observe().report.executed == before


def test_declared_users_are_made_before_clients_can_write(primary: RealMember, folder: Path) -> None:
    primary.performer.perform(act.Declare())
    assert checked(primary).declared_in_order
    connection = client(primary, folder)
    with pytest.raises(pymysql.OperationalError, match="read-only"):
        run(connection, "CREATE TABLE app.t (id INT PRIMARY KEY)")


def test_a_replica_takes_all_data_by_clone(primary: RealMember, replica: RealMember) -> None:
    assert replica.up().report.empty
    own_uuid = replica.observer.observe().report.server_uuid
    replica.performer.perform(act.Clone(0, "test"))
    local = replica.wait("data", lambda local: not local.report.empty)
    assert local.report.executed == primary.observer.observe().report.executed
    assert local.report.bootstrapped
    assert local.report.server_uuid == own_uuid != local.primary_uuid
    assert not local.report.writable
    status = replica.mysqld.rows("SELECT STATE, SOURCE FROM performance_schema.clone_status")
    assert status == [{"STATE": "Completed", "SOURCE": f"{address(0)}:3306"}]


def test_a_member_with_data_is_never_cloned_over(replica: RealMember) -> None:
    before = replica.observer.observe().report
    pid = replica.mysqld_pid()
    clone.clone_from(Mysqld(), address(0))
    assert replica.observer.observe().report == before
    assert replica.mysqld_pid() == pid


def test_a_replica_follows(replica: RealMember) -> None:
    replica.performer.perform(act.Follow(0, "test"))
    local = replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))
    assert local.channel is not None
    assert local.channel.source_host == address(0)
    assert local.channel.applying


def test_the_replication_password_is_not_on_disk(replica: RealMember) -> None:
    rows = replica.mysqld.rows("SELECT User_name, User_password FROM mysql.slave_master_info")
    assert rows == [{"User_name": "", "User_password": ""}]


def test_a_primary_acknowledges_only_what_a_replica_has(primary: RealMember, folder: Path) -> None:
    primary.performer.perform(act.RequireAcknowledgement())
    primary.performer.perform(act.MakeWritable())
    local = primary.observer.observe()
    assert local.report.writable
    assert local.semi_sync
    connection = client(primary, folder)
    run(connection, "CREATE TABLE app.t (id INT PRIMARY KEY)")
    run(connection, "INSERT INTO app.t VALUES (1)")
    assert primary.mysqld.rows("SHOW STATUS LIKE 'Rpl_semi_sync_source_yes_tx'")[0]["Value"] >= "1"


def test_the_replica_gets_it_and_refuses_writes(primary: RealMember, replica: RealMember, folder: Path) -> None:
    replica.wait("the row", lambda local: local.report.executed >= executed_by(primary, folder))
    connection = client(replica, folder)
    assert run(connection, "SELECT id FROM app.t") == [(1,)]
    with pytest.raises(pymysql.OperationalError, match="read-only"):
        run(connection, "INSERT INTO app.t VALUES (2)")


def test_what_was_acknowledged_survives_in_a_relay_log_alone(
    replica: RealMember, members: tuple[RealMember, RealMember], folder: Path
) -> None:
    """A replica acknowledges what it has received, not what it has applied; then it crashes."""
    replica.mysqld.run("STOP REPLICA SQL_THREAD")
    connection = client(members[0], folder)
    for number in range(100, 120):
        run(connection, f"INSERT INTO app.t VALUES ({number})")
    acknowledged = executed_by(members[0], folder)
    pid = replica.mysqld_pid()
    replica.kill_mysqld()
    local = replica.wait("restart", lambda local: replica.mysqld_pid() != pid)
    assert local.report.executed != local.report.received
    assert acknowledged <= local.report.received
    replica.performer.perform(act.ApplyReceived())
    replica.wait("applied transactions", lambda local: acknowledged <= local.report.executed)
    assert replica.mysqld.rows("SELECT COUNT(*) AS n FROM app.t WHERE id >= 100") == [{"n": 20}]
    replica.performer.perform(act.Follow(0, "test"))


def executed_by(primary: RealMember, folder: Path) -> GtidSet:
    """As any client can ask; the agent's own code talks to one member at a time."""
    return GtidSet.parse(str(run(client(primary, folder, "admin", "a-secret"), "SELECT @@gtid_executed")[0][0]))


def test_admin_cannot_undo_the_agents_work(primary: RealMember, folder: Path) -> None:
    connection = client(primary, folder, "admin", "a-secret")
    run(connection, "CREATE DATABASE by_admin")
    for forbidden in ("SET GLOBAL super_read_only = OFF", "SET SESSION sql_log_bin = 0", "STOP REPLICA", "SHUTDOWN"):
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            run(connection, forbidden)
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        run(connection, "ALTER USER root@localhost IDENTIFIED BY 'x'")


def test_a_changed_password_is_noticed_and_set(primary: RealMember, folder: Path) -> None:
    secret = folder / "secrets/user-app"
    secret.write_text("u-other")
    try:
        assert not checked(primary).declared_in_order
        primary.performer.perform(act.Declare())
        assert checked(primary).declared_in_order
        client(primary, folder, "app", "u-other").close()
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            client(primary, folder, "app", "u-secret")
    finally:
        secret.write_text("u-secret")
        primary.performer.perform(act.Declare())


def test_a_member_with_old_internal_passwords_heals_alone(replica: RealMember, folder: Path) -> None:
    before = replica.observer.observe().report.executed
    (folder / "secrets/clone").write_text("c-other")
    try:
        assert not checked(replica).accounts_in_order
        replica.performer.perform(act.AlignAccounts())
        local = checked(replica)
        assert local.accounts_in_order
        assert not local.report.writable
        assert before <= local.report.executed
        assert not (local.report.executed - before).intervals.get(local.report.server_uuid), "no errant transaction"
    finally:
        (folder / "secrets/clone").write_text("c-secret")
        replica.performer.perform(act.AlignAccounts())


def test_a_window_left_open_is_closed(replica: RealMember) -> None:
    replica.mysqld.run("SET GLOBAL offline_mode = ON", "SET GLOBAL super_read_only = OFF")
    local = replica.observer.observe()
    assert local.offline
    assert not local.report.writable, "nobody but the agent can write"
    replica.performer.perform(act.Close())
    local = replica.observer.observe()
    assert not local.offline
    assert not local.report.writable


def test_a_relay_log_is_fetched_again(primary: RealMember, replica: RealMember) -> None:
    replica.performer.perform(act.RefetchRelayLog(0, "test"))
    replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))


def test_following_the_same_source_again_keeps_the_relay_log(replica: RealMember) -> None:
    replica.mysqld.run("STOP REPLICA SQL_THREAD")
    replica.performer.perform(act.ApplyReceived())
    local = replica.wait("the applier", lambda local: bool(local.channel and local.channel.applying))
    received = local.report.received
    replica.performer.perform(act.Follow(0, "test"))
    assert received <= replica.observer.observe().report.received


def test_a_killed_mysqld_comes_back_closed(primary: RealMember, folder: Path) -> None:
    pid = primary.mysqld_pid()
    primary.kill_mysqld()
    local = primary.wait("restart", lambda local: not local.report.writable and primary.mysqld_pid() != pid)
    assert local.report.bootstrapped
    assert not local.semi_sync
    assert local.primary_uuid == local.report.server_uuid


def test_a_replica_reconnects_by_itself(replica: RealMember) -> None:
    replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))


def test_a_replica_can_be_set_free(replica: RealMember) -> None:
    replica.performer.perform(act.StopFollowing())
    assert replica.observer.observe().channel is None


def test_alive_says_yes_while_mysqld_starts_and_no_when_it_hangs(primary: RealMember) -> None:
    up = primary.folder / "run/mysqld/up"
    assert alive(primary) == 0
    assert up.exists()
    os.kill(primary.mysqld_pid(), signal.SIGSTOP)
    try:
        assert alive(primary) != 0, "it answered before, and does not now"
        up.unlink()
        assert alive(primary) == 0, "not up since its start: it may be recovering"
    finally:
        os.kill(primary.mysqld_pid(), signal.SIGCONT)


def alive(member: RealMember) -> int:
    return inside(member, "alive.sh")


def inside(member: RealMember, script: str, *arguments: str) -> int:
    """The exit status of a script that runs in the member's container, so to say."""
    command = ["nsenter", f"--target={member.mysqld_pid()}", "--mount", "--root", "--setuid=999", "--setgid=999"]
    return subprocess.run([*command, "sh", f"/etc/mysql-k8s/{script}", *arguments], check=False, timeout=30).returncode


def test_an_orderly_stop_waits_for_the_agent(primary: RealMember) -> None:
    asked, allowed = primary.folder / "run/mysqld/stopping", primary.folder / "run/mysqld/may-stop"
    assert inside(primary, "prestop.sh", "0") == 0, "bounded even if there is no agent"
    assert asked.exists()
    assert not allowed.exists()
    primary.performer.perform(act.AllowStop())
    assert allowed.exists()
    assert inside(primary, "prestop.sh", "3600") == 0, "at once, as it is allowed"


def test_a_stopped_member_is_unreachable(primary: RealMember) -> None:
    primary.stop()
    with pytest.raises(Unreachable):
        primary.observer.observe()
    assert "mysqld ended with status 0" in primary.log.read_text()
