"""What the agent observes and does, on three real mariadbd processes: one life of a primary and two replicas."""

from __future__ import annotations

import http.client
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
from mysqld_members import (
    MYSQL_USER,
    LoopbackSettings,
    RealMember,
    address,
    look_at,
    make_pipe_for_server,
    open_to_servers,
    rootfs_of,
    write_mounts,
)

from mysql_k8s.agent import acknowledge, copying, jobs, mysqld, provision, server
from mysql_k8s.agent import actions as act
from mysql_k8s.agent.account_check import AccountCheck
from mysql_k8s.agent.donor import Donor
from mysql_k8s.agent.facts import Local
from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.agent.mysqld import mariadb
from mysql_k8s.agent.server import Answer, Endpoints
from mysql_k8s.agent.settings import DeclaredUser
from mysql_k8s.agent.wire import report_to_json

pytestmark = pytest.mark.mysqld

SETTINGS = LoopbackSettings(
    "db", "shop", "db", 3, "replication", "semi-sync",
    databases=("app",), users=(DeclaredUser("app", ("app",), ("ALL",)),), engine="mariadb",
)  # fmt: skip
MEMBERS = range(3)


@dataclass(frozen=True)
class Cluster:
    members: tuple[RealMember, ...]
    folder: Path

    def client(self, ordinal: int, user: str = "app", password: str = "u-secret") -> pymysql.Connection:
        return pymysql.connect(
            host=address(ordinal), user=user, password=password, ssl_ca=str(self.folder / "tls/ca.crt"),
            ssl_verify_cert=True, ssl_verify_identity=True, autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def checked(self, ordinal: int) -> Local:
        """The member's facts with those about accounts, never from memory."""
        member = self.members[ordinal]
        return AccountCheck(SETTINGS).complete(member.mysqld, member.observer.observe(), declares=ordinal == 0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    rootfs = rootfs_of("mariadb")
    folder = tmp_path_factory.mktemp("members")
    open_to_servers(folder)
    write_mounts(folder, ["*.db.shop.svc", *map(address, MEMBERS)])
    patch = pytest.MonkeyPatch()
    # The agent and the server are the same user in a pod; the tests run as root.
    patch.setattr(mysqld, "MARIADB_USER", "root")
    patch.setattr(jobs.os, "mkfifo", make_pipe_for_server)
    members = tuple(RealMember(ordinal, folder, rootfs, SETTINGS) for ordinal in MEMBERS)
    # A folder left by an initialisation that was killed half-way must be no hindrance.
    half = members[0].folder / "var/lib/mysql/.initialise"
    half.mkdir()
    shutil.chown(half, MYSQL_USER, MYSQL_USER)
    for member in members:
        member.start()
    yield Cluster(members, folder)
    for member in members:
        member.stop()
    patch.undo()


@pytest.fixture(autouse=True)
def tls(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (acknowledge, copying, server):
        monkeypatch.setattr(module, "TLS_FOLDER", cluster.folder / "tls")


def at(cluster: Cluster, ordinal: int, monkeypatch: pytest.MonkeyPatch) -> RealMember:
    """The member, as its own agent sees it from here on."""
    member = cluster.members[ordinal]
    look_at(member, monkeypatch, cluster.folder)
    monkeypatch.setattr(jobs, "FOLDER", member.folder / "run/mysqld/jobs")
    monkeypatch.setattr(provision, "REPLACE", member.folder / "run/mysqld/replace")
    monkeypatch.setattr(provision, "PRIVATE_SOCKET", member.folder / "run/mysqld/provision.sock")
    return member


@pytest.fixture
def donor(cluster: Cluster) -> Iterator[Endpoints]:
    """The endpoints of the primary's agent."""
    member = cluster.members[0]
    connection = mariadb(socket=member.socket)
    lock = threading.Lock()

    def report() -> Answer:
        observer = type(member.observer)(connection, 0)  # type: ignore[call-arg]
        with lock:
            return 200, report_to_json(observer.observe().report)

    giving = Donor(lambda: SETTINGS, member.folder / "run/mysqld/jobs", member.socket)
    endpoints = Endpoints({"/report": report}, {copying.BACKUP_PATH: giving.serve})
    endpoints.start()
    yield endpoints
    endpoints.shutdown()
    endpoints.server_close()


def run(connection: pymysql.Connection, sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_a_new_member_is_empty_and_nobody_can_write(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    local = primary.up()
    assert local.report.empty
    assert not local.report.writable
    assert not local.report.bootstrapped
    assert local.channel is None
    assert local.report.server_uuid.startswith("0-")
    assert local.version == "11.8.9"
    assert not (primary.folder / "var/lib/mysql/.initialise").exists()


def test_the_agent_gets_in_by_the_socket_alone(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    assert primary.mysqld.rows("SELECT CURRENT_USER() AS user") == [{"user": "root@localhost"}]
    for user in ("root", "mysql", ""):
        with pytest.raises(pymysql.OperationalError, match=r"Access denied|not allowed to connect"):
            cluster.client(0, user, "")


def test_bootstrap_makes_it_a_member_with_data(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    primary.performer.perform(act.Bootstrap())
    local = cluster.checked(0)
    assert local.report.bootstrapped
    assert not local.report.empty
    assert not local.report.writable
    assert local.primary_uuid == local.report.server_uuid
    assert local.accounts_in_order
    assert not local.declared_in_order
    assert list(local.report.executed.intervals) == [local.report.server_uuid]


def test_internal_accounts_are_not_in_the_binary_log(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    before = primary.observer.observe().report.executed
    primary.performer.perform(act.AlignAccounts())
    assert primary.observer.observe().report.executed == before


def test_declared_users_are_made_before_clients_can_write(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    primary.performer.perform(act.Declare())
    assert cluster.checked(0).declared_in_order
    with pytest.raises(pymysql.OperationalError, match="read-only"):
        run(cluster.client(0), "CREATE TABLE app.t (id INT PRIMARY KEY)")


def test_nobody_but_a_member_gets_the_data(cluster: Cluster, donor: Endpoints) -> None:
    context = ssl.create_default_context(cafile=str(cluster.folder / "tls/ca.crt"))
    connection = http.client.HTTPSConnection(address(0), 8443, timeout=10, context=context)
    connection.request("GET", copying.BACKUP_PATH)
    answer = connection.getresponse()
    assert answer.status == 403
    assert b"only a member" in answer.read()


@pytest.mark.parametrize("ordinal", [1, 2])
def test_a_replica_takes_all_data_by_a_stream(
    ordinal: int, cluster: Cluster, donor: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary = at(cluster, 0, monkeypatch).observer.observe().report
    replica = at(cluster, ordinal, monkeypatch)
    own = replica.up().report
    assert own.empty
    replica.performer.perform(act.Clone(0, "test"))
    local = replica.wait("data", lambda local: not local.report.empty or replica.performer.provisioner.error)
    assert replica.performer.provisioner.error is None
    assert local.report.executed == local.report.purged == primary.executed
    assert local.report.bootstrapped
    assert local.report.server_uuid == own.server_uuid != local.primary_uuid
    assert not local.report.writable
    done, expected = replica.performer.provisioner.progress()
    assert 0 < done <= expected
    assert not list((replica.folder / "var/lib/mysql").glob(".*")), "nothing is left behind"
    assert not list((replica.folder / "run/mysqld/jobs").iterdir())


def test_a_member_with_data_is_never_replaced(
    cluster: Cluster, donor: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = at(cluster, 1, monkeypatch)
    before, pid = replica.observer.observe().report, replica.mysqld_pid()
    with pytest.raises(jobs.JobFailed, match="no longer empty"):
        provision.replace_empty(replica.mysqld)
    replica.performer.perform(act.Clone(0, "test"))
    while replica.performer.provisioner.running:
        time.sleep(0.1)
    assert replica.observer.observe().report == before
    assert replica.mysqld_pid() == pid


def test_replicas_follow(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for ordinal in (1, 2):
        replica = at(cluster, ordinal, monkeypatch)
        replica.performer.perform(act.Follow(0, "test"))
        local = replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))
        assert local.channel is not None
        assert local.channel.source_host == address(0)
        assert local.channel.applying
    status = replica.mysqld.rows("SHOW SLAVE STATUS")[0]
    assert (status["Master_SSL_Allowed"], status["Master_SSL_Verify_Server_Cert"], status["Using_Gtid"]) == (
        "Yes", "Yes", "Slave_Pos",
    )  # fmt: skip


def test_a_primary_acknowledges_only_what_a_replica_has(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    primary.performer.perform(act.RequireAcknowledgement())
    primary.performer.perform(act.MakeWritable())
    local = primary.observer.observe()
    assert local.report.writable
    assert local.semi_sync
    connection = cluster.client(0)
    run(connection, "CREATE TABLE app.t (id INT PRIMARY KEY)")
    run(connection, "INSERT INTO app.t VALUES (1)")
    assert int(primary.mysqld.rows("SHOW STATUS LIKE 'Rpl_semi_sync_master_yes_tx'")[0]["Value"]) >= 1


def executed_by_primary(cluster: Cluster) -> GtidSet:
    member = cluster.members[0]
    connection = mariadb(socket=member.socket)
    try:
        return type(member.observer)(connection, 0).observe().report.executed  # type: ignore[call-arg]
    finally:
        connection.close()


def test_a_primary_can_be_asked_while_its_commits_wait(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first commit waits for a replica, the second one for the first, with the lock of the binary logs."""
    primary = at(cluster, 0, monkeypatch)
    known = primary.observer.observe().report.purged
    run(cluster.client(0), "CREATE TABLE app.waited (id INT PRIMARY KEY)")
    for replica in cluster.members[1:]:
        at(cluster, replica.ordinal, monkeypatch).mysqld.run("STOP SLAVE")
    primary = at(cluster, 0, monkeypatch)
    commits = [threading.Thread(target=commit, args=(cluster, value)) for value in (901, 902, 903)]
    for each in commits:
        each.start()
        time.sleep(0.3)
    try:
        new_agents = type(primary.observer)(mariadb(), 0)  # type: ignore[call-arg]
        for observer in (primary.observer, new_agents, primary.observer):
            began = time.monotonic()
            report = observer.observe().report
            assert time.monotonic() - began < 8
            assert report.writable and report.purged <= known
        assert primary.observer.observe().report.purged == known
        stuck = primary.mysqld.rows(
            "SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SHOW B%'"
        )
        assert stuck == [{"n": 1}]
    finally:
        for replica in cluster.members[1:]:
            at(cluster, replica.ordinal, monkeypatch).mysqld.run("START SLAVE")
        for each in commits:
            each.join(30)
    assert not any(each.is_alive() for each in commits)


def commit(cluster: Cluster, value: int) -> None:
    connection = cluster.client(0)
    with connection:
        run(connection, f"INSERT INTO app.waited VALUES ({value})")


def test_an_acknowledgement_that_was_lost_is_given_again(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicas get a transaction, acknowledge nothing, and connect again: as if the connection had taken it along.

    It happens by itself, but not every time, where the primary stands still for longer than its replicas keep silent
    connections.
    """
    commits = [threading.Thread(target=commit, args=(cluster, value)) for value in (911, 912, 913)]
    acknowledging(cluster, "OFF", monkeypatch)
    primary = at(cluster, 0, monkeypatch)
    for each in commits:  # the last one waits unsent: what else is sent would be acknowledged, with all before it
        each.start()
        time.sleep(0.3)
    primary.wait("a commit that waits", lambda local: local.report.unacknowledged_seconds >= 3)
    acknowledging(cluster, "ON", monkeypatch)
    commits[0].join(5)
    assert commits[0].is_alive()
    assert at(cluster, 0, monkeypatch).observer.observe().report.unacknowledged_seconds >= 5

    replica = at(cluster, 2, monkeypatch)
    replica.kill_mysqld()  # what it has, it knows from its data now
    replica.up()
    replica.performer.perform(act.Follow(0, "test"))
    replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))
    for each in commits:
        replica.performer.perform(act.AcknowledgeAgain(0, "test"))
        each.join(5)
    assert not any(each.is_alive() for each in commits)
    assert at(cluster, 0, monkeypatch).observer.observe().report.unacknowledged_seconds == 0
    assert run(cluster.client(0), "SELECT id FROM app.waited WHERE id > 910 ORDER BY id") == [(911,), (912,), (913,)]


RECEIVERS = "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump'"


def acknowledging(cluster: Cluster, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for ordinal in (1, 2):
        replica = at(cluster, ordinal, monkeypatch)
        replica.mysqld.run(
            f"SET GLOBAL rpl_semi_sync_slave_enabled = {value}", "STOP SLAVE IO_THREAD", "START SLAVE IO_THREAD"
        )
        replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))


def test_nothing_is_acknowledged_that_was_not_received(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A position that stands for other transactions than those that the replica tells is not passed on."""
    replica = at(cluster, 1, monkeypatch)
    told = replica.mysqld.rows("SHOW SLAVE STATUS")[0]
    received = told["Gtid_IO_Pos"].rpartition("-")
    behind = {**told, "Gtid_IO_Pos": f"{received[0]}-{int(received[2]) - 1}"}
    monkeypatch.setattr(replica.mysqld, "rows", lambda *_: [behind])
    assert not acknowledge.acknowledge_again(replica.mysqld, address(0))
    monkeypatch.setattr(replica.mysqld, "rows", lambda *_: [told])
    assert acknowledge.acknowledge_again(replica.mysqld, address(0))
    monkeypatch.undo()
    primary = at(cluster, 0, monkeypatch)
    primary.wait("its end", lambda _: len(primary.mysqld.rows(RECEIVERS)) == 2)


def test_replicas_get_it_and_refuse_writes(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = executed_by_primary(cluster)
    for ordinal in (1, 2):
        replica = at(cluster, ordinal, monkeypatch)
        local = replica.wait("the row", lambda local: local.report.executed >= wanted)
        assert local.report.executed == local.report.received == wanted
        connection = cluster.client(ordinal)
        assert run(connection, "SELECT id FROM app.t") == [(1,)]
        with pytest.raises(pymysql.OperationalError, match="read-only"):
            run(connection, "INSERT INTO app.t VALUES (2)")


def test_received_and_not_applied_is_told(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    replica = at(cluster, 1, monkeypatch)
    replica.mysqld.run("STOP SLAVE SQL_THREAD")
    connection = cluster.client(0)
    for number in range(100, 110):
        run(connection, f"INSERT INTO app.t VALUES ({number})")
    wanted = executed_by_primary(cluster)
    local = replica.wait("received rows", lambda local: local.report.received >= wanted)
    assert not local.report.executed >= wanted
    replica.performer.perform(act.Follow(0, "test"))
    replica.wait("applied rows", lambda local: local.report.executed >= wanted)


def test_a_killed_replica_comes_back_and_goes_on(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    replica = at(cluster, 1, monkeypatch)
    pid = replica.mysqld_pid()
    replica.kill_mysqld()
    local = replica.wait("restart", lambda local: replica.mysqld_pid() != pid)
    assert not local.report.writable
    assert local.channel is not None
    assert not local.channel.applying, "it follows only once its agent has found that to be safe"
    run(cluster.client(0), "INSERT INTO app.t VALUES (200)")
    replica.performer.perform(act.Follow(0, "test"))
    wanted = executed_by_primary(cluster)
    replica.wait("the row", lambda local: local.report.executed >= wanted)


def test_admin_cannot_undo_the_agents_work(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    at(cluster, 1, monkeypatch)
    connection = cluster.client(1, "admin", "a-secret")
    for forbidden in ("SET GLOBAL read_only = OFF", "SET SESSION sql_log_bin = 0", "STOP SLAVE", "SHUTDOWN"):
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            run(connection, forbidden)
    with pytest.raises(pymysql.OperationalError, match="read-only"):
        run(connection, "CREATE DATABASE by_admin")


def test_a_changed_replication_password_is_used(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    secret = cluster.folder / "secrets/replication"
    secret.write_text("r-other")
    try:
        assert not cluster.checked(0).accounts_in_order
        primary.performer.perform(act.AlignAccounts())
        assert cluster.checked(0).accounts_in_order
        replica = at(cluster, 1, monkeypatch)
        replica.mysqld.run("STOP SLAVE IO_THREAD", "START SLAVE IO_THREAD")
        replica.wait("refusal", lambda local: bool(local.channel and local.channel.receive_error == 1045))
        replica.performer.perform(act.Follow(0, "test"))
        replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))
    finally:
        secret.write_text("r-secret")
        at(cluster, 0, monkeypatch).performer.perform(act.AlignAccounts())


def test_a_killed_primary_comes_back_closed_with_all_that_was_acknowledged(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary = at(cluster, 0, monkeypatch)
    before, pid = executed_by_primary(cluster), primary.mysqld_pid()
    primary.kill_mysqld()
    local = primary.wait("restart", lambda local: primary.mysqld_pid() != pid)
    assert not local.report.writable
    assert not local.semi_sync
    assert local.report.executed >= before
    assert local.primary_uuid == local.report.server_uuid
    purged_before = local.report.purged
    primary.mysqld.run("FLUSH BINARY LOGS")
    newest = primary.mysqld.rows("SHOW BINARY LOGS")[-1]["Log_name"]
    primary.mysqld.run(f"PURGE BINARY LOGS TO '{newest}'")
    assert purged_before != primary.observer.observe().report.purged == local.report.executed


def test_a_replica_that_was_set_free_can_be_followed_from_its_position(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the primary's volume is older than a replica: it catches up from that one."""
    primary = at(cluster, 0, monkeypatch)
    primary.performer.perform(act.Follow(2, "test"))
    local = primary.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))
    assert local.report.received == local.report.executed
    primary.performer.perform(act.StopFollowing())
    assert primary.observer.observe().channel is None


def test_a_stopped_member_ends_in_order(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    primary = at(cluster, 0, monkeypatch)
    primary.performer.perform(act.AllowStop())
    primary.stop()
    assert "mariadbd ended with status 0" in primary.log.read_text()
