"""Backup, archive and restore of MariaDB with real servers and the pods' own programs: row by row against what clients
were told. A primary and a replica; the base backup is the replica's.

An event of MariaDB's does not tell when it was committed. So a restored moment may hold what was committed up to
``PRECISION`` later, and never lacks what was committed before.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import mysqld_members
import pymysql
import pytest
from backup_checks import Damage, check_damage, check_refusal, proved
from backup_damage import (
    change_rows,
    damage_base,
    damage_segment,
    lose_manifest,
    lose_segment,
    middle_segment,
    truncate_base,
)
from backup_pods import BackupPod, positions, run_moments, show, wait_for_archive
from backup_writer import Writer
from mysqld_members import (
    MYSQL_USER,
    PASSWORDS,
    LoopbackSettings,
    RealMember,
    address,
    look_at,
    make_pipe_for_server,
    write_certificates,
)

from mysql_k8s import agent_bundle
from mysql_k8s.agent import actions as act
from mysql_k8s.agent import copying, jobs, mysqld, provision, server
from mysql_k8s.agent.donor import Donor
from mysql_k8s.agent.gtid_mariadb import position
from mysql_k8s.agent.mysqld import Unreachable, mariadb
from mysql_k8s.agent.observe_mariadb import MariaDBObserver
from mysql_k8s.agent.server import Answer, Endpoints
from mysql_k8s.agent.settings import DeclaredUser
from mysql_k8s.agent.wire import report_to_json
from mysql_k8s.backup.settings import Settings

pytestmark = pytest.mark.mysqld

MOMENTS = int(os.environ.get("BACKUP_MOMENTS", "40"))
WRITERS = 3
LOAD_SECONDS = float(os.environ.get("BACKUP_LOAD_SECONDS", "12"))
PRECISION = 1.5
"""Seconds: how often the primary is asked how far it is, and what a busy machine adds."""
CLUSTER = LoopbackSettings(
    "db", "shop", "db", 3, "replication",
    databases=("app",), users=(DeclaredUser("app", ("app",), ("ALL",)),), engine="mariadb",
)  # fmt: skip


@dataclass
class Machine:
    """Servers under backup, and what their clients did."""

    folder: Path
    members: tuple[RealMember, RealMember]
    settings: Settings
    archive: BackupPod
    writers: list[Writer] = field(default_factory=list)
    samples: list[tuple[float, str, float]] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    patch: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def pod(self, name: str, target: Path | None = None, **changes: object) -> BackupPod:
        folder, settings = self.folder, replace(self.settings, **changes)
        return BackupPod(folder / name, target or self.target, settings, folder / "tls", folder / "secrets")

    def client(self, user: str = "app", password: str = "u-secret") -> pymysql.Connection:
        ca = str(self.folder / "tls/ca.crt")
        return pymysql.connect(host=address(0), user=user, password=password, ssl_ca=ca, autocommit=True)

    def at(self, ordinal: int) -> RealMember:
        """The member, as its own agent sees it from here on."""
        member = self.members[ordinal]
        look_at(member, self.patch, self.folder)
        self.patch.setattr(jobs, "FOLDER", member.folder / "run/mysqld/jobs")
        self.patch.setattr(provision, "REPLACE", member.folder / "run/mysqld/replace")
        self.patch.setattr(provision, "PRIVATE_SOCKET", member.folder / "run/mysqld/provision.sock")
        return member

    def load(self) -> None:
        until = time.time() + LOAD_SECONDS
        self.writers = [Writer(number) for number in range(WRITERS)]
        threads = [threading.Thread(target=each.run, args=(self.client(), until)) for each in self.writers]
        for thread in threads:
            thread.start()
        strange = self.client()
        admin = self.client("admin", "a-secret")
        with admin.cursor() as cursor, strange.cursor() as other:
            while time.time() < until:
                began = time.time()
                cursor.execute("SELECT @@gtid_binlog_pos")
                (gtid,) = cursor.fetchone()
                self.samples.append((began, gtid, time.time()))
                self.ages.append(time.time() - int(str(positions(self.target)[-1]["until"])) / 1e6)
                self.write_strangely(len(self.samples), other)
                if len(self.samples) % 20 == 10:
                    cursor.execute("FLUSH BINARY LOGS")
                if len(self.samples) % 25 == 5:
                    cursor.execute(f"ALTER TABLE app.t ADD COLUMN extra{len(self.samples)} INT DEFAULT 1")
                time.sleep(0.1)
        for thread in threads:
            thread.join()

    def write_strangely(self, number: int, cursor: pymysql.cursors.Cursor) -> None:
        """Clocks set by clients, transactions in two phases, another engine, savepoints."""
        row = f"REPLACE INTO app.t (writer, k, v) VALUES (98, {number}, 'strange')"
        some = {
            3: ["SET TIMESTAMP = 4000000000", row, "SET TIMESTAMP = DEFAULT"],
            5: ["SET TIMESTAMP = 1", row, "SET TIMESTAMP = DEFAULT"],
            7: [
                f"XA START 'x{number}'",
                row,
                f"XA END 'x{number}'",
                f"XA PREPARE 'x{number}'",
                f"XA COMMIT 'x{number}'",
            ],
            8: ["BEGIN", row, "SAVEPOINT a", "DELETE FROM app.t WHERE writer = 98", "ROLLBACK TO a", "COMMIT"],
            9: [f"REPLACE INTO app.aria VALUES ({number})"],
        }
        for statement in some.get(number % 10, []):
            cursor.execute(statement)


def serve_member(member: RealMember) -> Endpoints:
    """What the member's agent serves to others, on its own address."""
    connection = mariadb(socket=member.socket)
    lock = threading.Lock()

    def report() -> Answer:
        with lock:
            with contextlib.suppress(Unreachable):  # the server was restarted meanwhile
                connection.rows("SELECT 1")
            return 200, report_to_json(MariaDBObserver(connection, member.ordinal).observe().report)

    class AtItsAddress(Endpoints):
        def server_bind(self) -> None:
            self.server_address = (address(member.ordinal), server.AGENT_PORT)
            super().server_bind()

    giving = Donor(lambda: CLUSTER, member.folder / "run/mysqld/jobs", member.socket)
    endpoints = AtItsAddress({"/report": report}, {copying.BACKUP_PATH: giving.serve})
    endpoints.start()
    return endpoints


def serve_elsewhere(keeper: BackupPod) -> None:
    """In its pod the keeper has the port to itself; here members' agents have it."""
    bundle = keeper.folder / "etc/mysql-k8s-backup/backup.zip"
    with zipfile.ZipFile(bundle) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    other = [(name, content.replace(b"AGENT_PORT = 8443", b"AGENT_PORT = 8444")) for name, content in files]
    assert other != files
    bundle.write_bytes(agent_bundle.zipped(other))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    rootfs = os.environ.get("MARIADB_ROOTFS")
    if not rootfs or os.geteuid() != 0:
        pytest.skip("needs root, and MARIADB_ROOTFS to name the root file system of a MariaDB image")
    folder = tmp_path_factory.mktemp("backups")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    (folder / "secrets").mkdir()
    for secret, value in PASSWORDS.items():
        (folder / "secrets" / secret).write_text(value)
    patch = pytest.MonkeyPatch()
    patch.setattr(mysqld_members, "address", lambda ordinal: f"127.0.78.{10 + ordinal}")
    patch.setitem(globals(), "address", mysqld_members.address)
    patch.setattr(mysqld, "MARIADB_USER", "root")
    patch.setattr(jobs.os, "mkfifo", make_pipe_for_server)
    write_certificates(folder / "tls", ["*.db.shop.svc", address(0), address(1)])
    for module in (copying, server):
        patch.setattr(module, "TLS_FOLDER", folder / "tls")
    members = (RealMember(0, folder, Path(rootfs), CLUSTER), RealMember(1, folder, Path(rootfs), CLUSTER))
    settings = Settings(
        "orders", "shop", (address(0), address(1)), 3306, 3, True, "volume", 1 << 18, 0.5, "11.8.9", engine="mariadb"
    )
    pods: list[BackupPod] = []
    served: list[Endpoints] = []
    try:
        for member in members:
            member.start()
        archive = BackupPod(folder / "archive", folder / "target", settings, folder / "tls", folder / "secrets")
        pods.append(archive)
        serve_elsewhere(archive)
        machine = Machine(folder, members, settings, archive, patch=patch)
        fill(machine, served)
        archive.start("archive")
        wait_for_archive(archive, time.time())
        base = machine.pod("base")
        pods.append(base)
        done = base.run("base")
        assert done.returncode == 0, f"{done.stderr}\n{base.log()}"
        base.end()
        machine.load()
        wait_for_archive(archive, time.time())
        yield machine
    finally:
        for endpoints in served:
            endpoints.shutdown()
            endpoints.server_close()
        for pod in pods:
            pod.end()
        for member in members:
            member.stop()
        patch.undo()


def fill(machine: Machine, served: list[Endpoints]) -> None:
    """Bring up both members, as their agents would."""
    primary = machine.at(0)
    primary.up()
    for step in (act.Bootstrap(), act.Declare(), act.MakeWritable()):
        primary.performer.perform(step)
    served.append(serve_member(primary))
    with machine.client().cursor() as cursor:
        cursor.execute("CREATE TABLE app.t (writer INT, k INT, v LONGTEXT, PRIMARY KEY (writer, k))")
        cursor.execute("CREATE TABLE app.aria (k INT PRIMARY KEY) ENGINE = Aria")
    replica = machine.at(1)
    replica.up()
    replica.performer.perform(act.Clone(0, "test"))
    replica.wait("data", lambda local: not local.report.empty or bool(replica.performer.provisioner.error))
    assert replica.performer.provisioner.error is None
    replica.performer.perform(act.AlignAccounts())
    replica.performer.perform(act.Follow(0, "test"))
    replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))
    served.append(serve_member(replica))


def check_rows(machine: Machine, found: dict[str, object], first: float, last: float) -> None:
    """Row by row against what each writer was told."""
    for writer in machine.writers:
        rows = {key: value for number, key, value in found["rows"] if number == writer.number}
        assert rows in writer.states(first, last), f"writer {writer.number} at {found['moment']}"


def manifest(machine: Machine) -> dict[str, object]:
    (path,) = machine.target.glob("orders/base/*/manifest.json")
    return json.loads(path.read_text())


def test_the_base_backup_is_the_replicas(machine: Machine) -> None:
    assert manifest(machine)["source"] == address(1)
    assert manifest(machine)["engine"] == "mariadb"


def test_every_moment_is_restored(machine: Machine) -> None:
    chance = random.Random(7)
    first = machine.writers[0].changes[0][0]
    moments = sorted(chance.uniform(first, first + LOAD_SECONDS) for _ in range(MOMENTS))
    found = run_moments(machine.pod("times"), [show(moment) for moment in moments])
    assert len(found) == len(moments)
    for moment, answer in zip(moments, found, strict=True):
        check_rows(machine, answer, moment, moment + PRECISION)
    print(f"\n  {len(found)} of {len(moments)} moments, {sum(len(w.changes) for w in machine.writers)} changes")


def test_every_gtid_is_restored_exactly(machine: Machine) -> None:
    chance = random.Random(8)
    samples = sorted(chance.sample(machine.samples, min(len(machine.samples), MOMENTS)))
    found = run_moments(machine.pod("gtids"), [gtid for _, gtid, _ in samples])
    for (began, gtid, ended), answer in zip(samples, found, strict=True):
        assert str(answer["gtids"]).rpartition("-")[2] == gtid.rpartition("-")[2]
        check_rows(machine, answer, began, ended)
    print(f"\n  {len(found)} of {len(samples)} GTIDs exact")


def test_the_archive_is_never_far_behind(machine: Machine) -> None:
    ages = sorted(machine.ages)
    p99 = ages[int(len(ages) * 0.99)]
    print(f"\n  age of the archive during the load: median {ages[len(ages) // 2]:.1f} s, p99 {p99:.1f} s")
    assert p99 < 5


def test_segments_are_binary_logs_that_mariadb_reads(machine: Machine) -> None:
    segment = sorted(machine.target.glob("orders/binlog/0001/*.binlog"))[0]
    pod = machine.pod("reads")
    shutil.copy(segment, pod.folder / "var/lib/mysql/segment")
    (pod.folder / "var/lib/mysql/segment").chmod(0o644)
    try:
        read = pod.run_beside_server("mariadb-binlog", "--verify-binlog-checksum", "/var/lib/mysql/segment")
    finally:
        pod.end()
    assert read.returncode == 0, read.stderr
    assert "app`.`t" in read.stdout


def test_a_restored_server_says_what_it_holds_and_draws_an_id_of_its_own(machine: Machine) -> None:
    """As a member that has its data by a restore: its numbers go on, under another name."""
    began, gtid, ended = machine.samples[len(machine.samples) // 2]
    pod = machine.pod("whole", until=gtid)
    try:
        done = pod.run("restore")
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{pod.log()}"
        again = pod.run("restore")
        assert (again.returncode, "done already" in again.stdout) == (0, True)
        (pod.folder / "var/lib/mysql/restored.json").unlink()
        refused = pod.run("restore")
        assert refused.returncode == 1
        assert "a restore fills an empty volume only" in refused.stderr
    finally:
        pod.end()
    data = pod.folder / "var/lib/mysql/data"
    assert not [path.name for path in data.iterdir() if "relay" in path.name or "master" in path.name]
    machine.patch.setattr(mysqld_members, "address", lambda ordinal: "127.0.78.20")
    member = RealMember(2, machine.folder, Path(os.environ["MARIADB_ROOTFS"]), CLUSTER)
    shutil.rmtree(member.folder / "var/lib/mysql")
    shutil.copytree(pod.folder / "var/lib/mysql", member.folder / "var/lib/mysql")
    subprocess.run(["chown", "-R", f"{MYSQL_USER}:{MYSQL_USER}", member.folder / "var/lib/mysql"], check=True)
    look_at(member, machine.patch, machine.folder)
    try:
        member.start()
        local = member.up()
        assert position(local.report.executed) == gtid
        assert local.report.purged == local.report.executed
        assert local.report.bootstrapped
        assert local.report.server_uuid not in local.report.executed.intervals
        rows = member.mysqld.rows("SELECT writer, k, v FROM app.t")
        check_rows(machine, {"moment": gtid, "rows": [[r["writer"], r["k"], r["v"]] for r in rows]}, began, ended)
        for step in (act.AlignAccounts(), act.MakeWritable()):
            member.performer.perform(step)
        member.mysqld.run("REPLACE INTO app.t (writer, k, v) VALUES (97, 1, 'after the restore')")
        after = member.observer.observe().report.executed
        own = after - local.report.executed
        assert list(own.intervals) == [local.report.server_uuid]
        assert own.intervals[local.report.server_uuid][-1][1] == int(gtid.rpartition("-")[2]) + 1
    finally:
        member.stop()
        machine.patch.setattr(mysqld_members, "address", lambda ordinal: f"127.0.78.{10 + ordinal}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"until": "2020-01-01T00:00:00Z"}, "before the oldest base backup"),
        ({"until": "2120-01-01T00:00:00Z"}, "after the end of the archive"),
        ({"until": "0-4242-7"}, "does not hold"),
        ({"server_version": "11.8.8"}, "the backup is of MariaDB 11.8.9"),
        ({"engine": "mysql"}, "restore it with engine.kind = mariadb"),
        ({"cluster": "another"}, "there is no base backup"),
    ],
)
def test_what_cannot_be_restored_is_refused(machine: Machine, changes: dict[str, object], message: str) -> None:
    check_refusal(machine.pod(f"refused-{abs(hash(message))}", **changes), message)


def copy_of_target(machine: Machine, name: str) -> tuple[BackupPod, Path]:
    """A pod with a target of its own, to be damaged."""
    target = machine.folder / f"target-{name}"
    shutil.copytree(machine.target, target)
    return machine.pod(name, target), target / "orders"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_base, "its checksum differs"),
        (truncate_base, "its checksum differs"),
        (lose_manifest, "there is no base backup"),
        (lose_segment, "is missing on the target"),
        (damage_segment, "its checksum differs"),
        (change_rows, "app.t: the rows are not those that were backed up"),
    ],
)
def test_a_drill_finds_damage(machine: Machine, damage: Damage, message: str) -> None:
    pod, target = copy_of_target(machine, f"drill-{damage.__name__}")
    check_damage(pod, "drill", target, damage, message)


def test_a_drill_notes_what_it_proved(machine: Machine) -> None:
    note = proved(machine.pod("drill"), machine.target / "orders")
    assert note["tables"] > 20
    assert note["checksums"] == len(manifest(machine)["checksums"])
    assert {"app.t", "app.aria", "mysql_k8s.cluster"} <= set(manifest(machine)["checksums"])


def test_beyond_a_lost_description_nothing_is_restored(machine: Machine) -> None:
    _, target = copy_of_target(machine, "hole")
    lost = middle_segment(target)
    until = json.loads(lost.read_text())["latest"] / 1e6
    lost.unlink()
    behind = machine.pod("behind", target.parent, until=show(until + 0.001))
    done = behind.run("restore")
    behind.end()
    assert done.returncode == 1
    assert "no base backup belongs to the part of the archive" in done.stderr or "end of the archive" in done.stderr


def test_a_wrong_password_leaves_nothing_that_looks_like_a_backup(machine: Machine) -> None:
    pod, target = copy_of_target(machine, "wrong-password")
    shutil.rmtree(target / "base")
    (pod.folder / "etc/mysql-k8s-secrets/clone").write_text("wrong")
    done = pod.run("base")
    pod.end()
    assert done.returncode == 1
    assert "no member answers with data" in done.stderr
    assert not list(target.glob("base/*"))


def test_whoever_is_no_member_gets_no_data(machine: Machine) -> None:
    pod, target = copy_of_target(machine, "stranger")
    shutil.rmtree(target / "base")
    write_certificates(machine.folder / "strange-tls", ["strange.example.com"])
    for name in ("tls.crt", "tls.key"):
        shutil.copy(machine.folder / "strange-tls" / name, pod.folder / "etc/mysql-k8s-tls" / name)
    done = pod.run("base")
    pod.end()
    assert done.returncode == 1
    assert "copying 127.0.78.11 failed" in pod.word()
    assert "unknown ca" in pod.word()
    assert not list(target.glob("base/*"))


def test_a_copy_that_dies_leaves_nothing_that_looks_like_a_backup(machine: Machine) -> None:
    """The donor's server is killed while it streams; then a base backup is taken all the same."""
    pod, target = copy_of_target(machine, "killed")
    shutil.rmtree(target / "base")
    replica = machine.at(1)
    pod.start_mysqld()
    running = pod.start("base")
    end = time.monotonic() + 60
    while not list(replica.folder.glob("run/mysqld/jobs/give-*/log")) and time.monotonic() < end:
        time.sleep(0.01)
    replica.kill_mysqld()
    assert running.wait(120) == 1, pod.said("base", "out")
    assert "CopyFailed" in pod.word()
    assert not list(target.rglob("manifest.json"))
    replica.up()
    replica.performer.perform(act.Follow(0, "test"))
    replica.wait("connection", lambda local: bool(local.channel and local.channel.receiving == "Yes"))
    done = pod.run("base")
    pod.end()
    assert done.returncode == 0, f"{done.stderr}\n{pod.log()}"
    assert len(list(target.rglob("manifest.json"))) == 1


def test_a_killed_primary_is_archived_on(machine: Machine) -> None:
    primary = machine.at(0)
    pid = primary.mysqld_pid()
    primary.kill_mysqld()
    primary.wait("restart", lambda _: primary.mysqld_pid() != pid)
    primary.performer.perform(act.MakeWritable())
    primary.mysqld.run("REPLACE INTO app.t (writer, k, v) VALUES (97, 1, 'after the kill')")
    moment = time.time()
    wait_for_archive(machine.archive, moment)
    (answer,) = run_moments(machine.pod("after-kill"), [show(moment)])
    assert [97, 1, "after the kill"] in answer["rows"]
    assert len(list(machine.target.glob("orders/binlog/*/chain.json"))) == 1


def test_a_history_that_went_back_is_a_gap(machine: Machine) -> None:
    """The primary's data of a moment ago comes back, with its id: its numbers are given to other transactions."""
    primary = machine.at(0)
    volume, kept = primary.folder / "var/lib/mysql", machine.folder / "kept"
    primary.stop()
    shutil.copytree(volume, kept)
    restart(machine)
    primary.mysqld.run(*(f"REPLACE INTO app.t (writer, k, v) VALUES (96, {k}, 'lost')" for k in range(5)))
    wait_for_archive(machine.archive, time.time())
    primary.stop()
    shutil.rmtree(volume)
    shutil.copytree(kept, volume)
    subprocess.run(["chown", "-R", f"{MYSQL_USER}:{MYSQL_USER}", volume], check=True)
    time.sleep(1.1)  # events tell the second in which they were written
    restart(machine)
    primary.mysqld.run(*(f"REPLACE INTO app.t (writer, k, v) VALUES (96, {k}, 'anew')" for k in range(9)))
    moment = time.time()
    wait_for_archive(machine.archive, moment)
    heads = sorted(machine.target.glob("orders/binlog/*/chain.json"))
    assert len(heads) == 2
    pod = machine.pod("after-gap", until=show(moment))
    done = pod.run("restore")
    pod.end()
    assert done.returncode == 1
    assert "no base backup belongs to the part of the archive" in done.stderr


def restart(machine: Machine) -> None:
    primary = machine.at(0)
    primary.start()
    primary.up()
    primary.performer.perform(act.MakeWritable())


def test_a_purge_before_the_upload_is_a_gap(machine: Machine) -> None:
    machine.archive.end()
    mysqld = machine.at(0).mysqld
    chains = len(list(machine.target.glob("orders/binlog/*/chain.json")))
    machine.members[1].stop()
    mysqld.run("REPLACE INTO app.t (writer, k, v) VALUES (99, 1, 'lost to the archive')", "FLUSH BINARY LOGS")
    end = time.monotonic() + 30
    while len(logs := mysqld.rows("SHOW BINARY LOGS")) > 1 and time.monotonic() < end:  # a connection may use it still
        mysqld.rows("PURGE BINARY LOGS TO %s", (logs[-1]["Log_name"],))
        time.sleep(0.2)
    keeper = machine.pod("keeper-2")
    serve_elsewhere(keeper)
    keeper.start("archive")
    wait_for_archive(keeper, time.time())
    keeper.end()
    heads = sorted(machine.target.glob("orders/binlog/*/chain.json"))
    assert len(heads) == chains + 1
    assert "binary logs have" in json.loads(heads[-1].read_text())["why"]
