"""Base backups of a real Galera cluster of three, with the pods' own programs: taken while three clients write,
compared row by row with what they were told up to the backup's position, damaged, and restored into a new cluster.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pymysql
import pytest
from backup_checks import Damage, check_damage, check_refusal, proved
from backup_damage import change_rows, damage_base, lose_manifest, truncate_base
from backup_pods import BackupPod
from backup_writer import Writer
from mysqld_galera import BRIDGE, CONNECT, MEMBERS, SETTINGS, GaleraMember, RealCluster
from mysqld_members import MYSQL_USER, PASSWORDS, make_pipe_for_server, write_certificates

from mysql_k8s import Galera, MariaDB, MySQLClusterArgs, my_cnf
from mysql_k8s.agent import accounts, copying, jobs, server
from mysql_k8s.agent.donor import Donor
from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.agent.server import Endpoints
from mysql_k8s.backup.settings import Settings

pytestmark = pytest.mark.mysqld

WRITERS = 3
LOAD_SECONDS = float(os.environ.get("BACKUP_LOAD_SECONDS", "30"))
CLONE_NEWNET = 0x40000000
TABLE = "CREATE TABLE app.t (writer INT, k INT, v LONGTEXT, PRIMARY KEY (writer, k))"


@contextlib.contextmanager
def inside(member: GaleraMember) -> Generator[None]:
    """In the member's network, this thread. What listens there goes on doing so afterwards."""
    own = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net")
    with own.open("rb") as home, Path(member.in_network()[1].removeprefix("--net=")).open("rb") as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


def enter(network: BinaryIO) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def serve_member(member: GaleraMember) -> Endpoints:
    """What the member's agent serves to base backups."""
    giving = Donor(lambda: SETTINGS, member.run_folder / "jobs", member.socket)
    with inside(member):
        endpoints = Endpoints({}, {copying.BACKUP_PATH: giving.serve})
    endpoints.start()
    return endpoints


@dataclass
class Machine:
    """The cluster under backup, and what its clients did."""

    folder: Path
    rootfs: Path
    config: str
    patch: pytest.MonkeyPatch
    settings: Settings
    cluster: RealCluster
    served: list[Endpoints] = field(default_factory=list)
    writers: list[Writer] = field(default_factory=list)
    samples: list[tuple[float, int, float]] = field(default_factory=list)
    """The writer's last transaction, by its number, and the times around the question."""
    restored: BackupPod | None = None

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def pod(self, name: str, target: Path | None = None, **changes: Any) -> BackupPod:
        folder, settings = self.folder, replace(self.settings, **changes)
        return BackupPod(folder / name, target or self.target, settings, folder / "tls", folder / "secrets")

    def client(self, ordinal: int, user: str = "app", password: str = "u-secret") -> pymysql.Connection:
        ca = str(self.folder / "tls/ca.crt")
        host = BRIDGE.address(ordinal)
        return CONNECT(host=host, user=user, password=password, ssl_ca=ca, autocommit=True)

    def manifests(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted(self.target.glob("orders/base/*/manifest.json"))]

    def back_up_under_load(self) -> None:
        """One base backup after the other, as long as the clients write; columns are added meanwhile."""
        primary = self.cluster.primary.ordinal
        until = time.time() + LOAD_SECONDS
        self.writers = [Writer(number) for number in range(WRITERS)]
        threads = [threading.Thread(target=w.run, args=(self.client(primary), until)) for w in self.writers]
        threads.append(threading.Thread(target=self._sample, args=(primary, until)))
        for thread in threads:
            thread.start()
        time.sleep(LOAD_SECONDS / 4)
        pod = self.pod("base")
        try:
            while time.time() < until:
                done = pod.run("base")
                assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{pod.log()}"
                print(f"\n  {pod.word()}")
        finally:
            pod.end()
            for thread in threads:
                thread.join()

    def _sample(self, primary: int, until: float) -> None:
        with self.client(primary) as connection, connection.cursor() as cursor:
            while time.time() < until + 1:
                began = time.time()
                cursor.execute("SHOW GLOBAL STATUS LIKE 'wsrep_last_committed'")
                number = int(cursor.fetchone()[1])
                self.samples.append((began, number, time.time()))
                if len(self.samples) % 40 == 20:
                    cursor.execute(f"ALTER TABLE app.t ADD COLUMN extra{len(self.samples)} INT DEFAULT 1")
                time.sleep(0.05)

    def times_around(self, number: int) -> tuple[float, float]:
        """Before the first all was committed up to a sample that is not above it; after the second, one not below."""
        first = max((began for began, seen, _ in self.samples if seen <= number), default=0.0)
        last = min((ended for _, seen, ended in self.samples if seen >= number), default=time.time())
        return first, last

    def check_rows(self, rows: list[tuple[Any, ...]], gtids: GtidSet) -> int:
        """Row by row against what each writer was told up to this position; returns how many there are."""
        first, last = self.times_around(len(gtids))
        for writer in self.writers:
            found = {key: value for number, key, value in rows if number == writer.number}
            assert found in writer.states(first, last), f"writer {writer.number} at {gtids}"
        return len(rows)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    rootfs = os.environ.get("MARIADB_ROOTFS")
    if not rootfs or os.geteuid() != 0:
        pytest.skip("needs root, and MARIADB_ROOTFS to name the root file system of a MariaDB image")
    with tempfile.TemporaryDirectory(prefix="galera-backups-") as made:
        # Not below pytest's own folder: that is closed to the agent's user whenever another pytest begins.
        Path(made).chmod(0o755)
        yield from run(Path(made), Path(rootfs))


def run(folder: Path, rootfs: Path) -> Iterator[Machine]:
    (folder / "secrets").mkdir()
    for secret, value in PASSWORDS.items():
        (folder / "secrets" / secret).write_text(value)
    hosts = tuple(BRIDGE.address(ordinal) for ordinal in range(MEMBERS))
    write_certificates(folder / "tls", ["*.db.shop.svc", *hosts])
    BRIDGE.make()
    config = my_cnf.render(MySQLClusterArgs(engine=MariaDB(), topology=Galera()))
    settings = Settings(
        "orders", "shop", hosts, 3306, 9, False, "volume", 1 << 18, 0.5, "11.8.9", topology="galera", engine="mariadb"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "TLS_FOLDER", folder / "tls")
        patch.setattr(accounts, "SECRETS_FOLDER", folder / "secrets")
        patch.setattr(server, "TLS_FOLDER", folder / "tls")
        patch.setattr(jobs.os, "mkfifo", make_pipe_for_server)
        cluster = RealCluster(folder, rootfs, patch, config)
        machine = Machine(folder, rootfs, config, patch, settings, cluster)
        try:
            for member in machine.cluster.members:
                member.start()
            machine.cluster.until("cluster", lambda: machine.cluster.is_whole, 400)
            machine.cluster.primary.query(TABLE)
            machine.served = [serve_member(member) for member in machine.cluster.members]
            machine.back_up_under_load()
            yield machine
        finally:
            for endpoints in machine.served:
                endpoints.shutdown()
                endpoints.server_close()
            for member in machine.cluster.members:
                member.stop()
            BRIDGE.remove()


def test_base_backups_are_those_of_members_that_take_no_writes(machine: Machine) -> None:
    taken = machine.manifests()
    assert len(taken) > 1
    (history,) = {str(each["gtids"]).partition(":")[0] for each in taken}
    assert history == machine.cluster.primary.query("SHOW STATUS LIKE 'wsrep_cluster_state_uuid'")[0][1]
    positions = [len(GtidSet.parse(str(each["gtids"]))) for each in taken]
    assert positions == sorted(set(positions))
    for each in taken:
        assert each["source"] != BRIDGE.address(machine.cluster.primary.ordinal)
        assert (each["engine"], each["galera"]) == ("mariadb", True)
        assert {"app.t", "mysql_k8s.galera"} <= set(each["checksums"])


def test_every_base_backup_holds_what_was_acknowledged_up_to_its_position(machine: Machine) -> None:
    """Each is restored; the last one is kept for what follows."""
    for each in machine.manifests():
        pod = machine.pod(f"restored-{each['id']}", base=str(each["id"]))
        try:
            done = pod.run("restore")
            assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{pod.log()}"
            gtids = GtidSet.parse(json.loads((volume(pod) / "restored.json").read_text())["gtids"])
            assert gtids == GtidSet.parse(str(each["gtids"]))
            rows = rows_of(machine, pod)
            count = machine.check_rows(rows, gtids)
            changes = sum(len(writer.changes) for writer in machine.writers)
            print(f"\n  {gtids}: {count} rows as they were acknowledged, of {changes} changes in all")
            again = pod.run("restore")
            assert (again.returncode, "done already" in again.stdout) == (0, True)
        finally:
            pod.end()
        machine.restored = pod


def volume(pod: BackupPod) -> Path:
    return pod.folder / "var/lib/mysql"


def rows_of(machine: Machine, pod: BackupPod) -> list[tuple[Any, ...]]:
    """What a restored volume holds, by a server on a copy of it."""
    reader = machine.pod(f"read-{pod.folder.name}")
    shutil.rmtree(volume(reader))
    shutil.copytree(volume(pod), volume(reader))
    subprocess.run(["chown", "-R", f"{MYSQL_USER}:{MYSQL_USER}", volume(reader)], check=True)
    script = reader.folder / "spool/rows.py"
    script.write_text(ROWS)
    try:
        done = reader.run_script("/spool/rows.py", "")
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{reader.log()}"
        return [tuple(row) for row in json.loads(done.stdout)]
    finally:
        reader.end()


ROWS = """
import json
from pathlib import Path
from mysql_k8s.backup.engine_galera import SERVER
from mysql_k8s.backup.scratch import Scratch
scratch = Scratch(Path("/var/lib/mysql/data"), SERVER)
scratch.start()
print(json.dumps([list(row.values()) for row in scratch.rows("SELECT writer, k, v FROM app.t")]))
scratch.stop()
"""


def test_a_volume_with_data_is_refused(machine: Machine) -> None:
    assert machine.restored
    (volume(machine.restored) / "restored.json").rename(machine.folder / "restored.json")
    refused = machine.restored.run("restore")
    machine.restored.end()
    assert refused.returncode == 1
    assert "a restore fills an empty volume only" in refused.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"until": "2120-01-01T00:00:00Z"}, "choose one by its id"),
        ({"topology": "replication"}, "restore it with topology.kind = galera"),
        ({"server_version": "11.8.8"}, "the backup is of MariaDB 11.8.9"),
        ({"base": "20200101T000000.000000Z"}, "there is no base backup 20200101T000000.000000Z; there is 2"),
    ],
)
def test_what_cannot_be_restored_is_refused(machine: Machine, changes: dict[str, Any], message: str) -> None:
    check_refusal(machine.pod(f"refused-{abs(hash(message))}", **changes), message)


def copy_of_target(machine: Machine, name: str) -> tuple[BackupPod, Path]:
    """A pod with a target of its own, of the newest base backup alone, to be damaged."""
    target = machine.folder / f"target-{name}"
    newest = max(machine.target.glob("orders/base/*"))
    shutil.copytree(newest, target / "orders/base" / newest.name)
    return machine.pod(name, target), target / "orders"


def move_position(target: Path) -> None:
    """As if the backup held one transaction more."""
    manifest = next(target.glob("base/*/manifest.json"))
    described = json.loads(manifest.read_text())
    history, _, number = described["gtids"].partition(":1-")
    described["gtids"] = f"{history}:1-{int(number) + 1}"
    manifest.write_text(json.dumps(described))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_base, "its checksum differs"),
        (truncate_base, "its checksum differs"),
        (lose_manifest, "there is no base backup"),
        (change_rows, "app.t: the rows are not those that were backed up"),
        (move_position, "the base backup is not what it should be"),
    ],
)
def test_a_drill_finds_damage(machine: Machine, damage: Damage, message: str) -> None:
    pod, target = copy_of_target(machine, f"drill-{damage.__name__}")
    check_damage(pod, "drill", target, damage, message)


def test_a_drill_notes_what_it_proved(machine: Machine) -> None:
    note = proved(*copy_of_target(machine, "drill"))
    assert note["tables"] > 20
    assert note["checksums"] == len(machine.manifests()[-1]["checksums"])


def test_a_copy_that_dies_leaves_nothing_that_looks_like_a_backup(machine: Machine) -> None:
    """The donor's server is killed while it streams; it joins again, and a base backup is taken all the same."""
    cluster = machine.cluster
    pod, target = copy_of_target(machine, "killed")
    shutil.rmtree(target / "base")
    pod.start_mysqld()
    running = pod.start("base")
    logs: list[Path] = []
    end = time.monotonic() + 60
    while not logs and time.monotonic() < end:
        logs = [log for m in cluster.members for log in m.run_folder.glob("jobs/give-*/log")]
        time.sleep(0.01)
    (donor,) = (m for m in cluster.members if logs and m.run_folder in logs[0].parents)
    while state_of(donor) == "Synced" and time.monotonic() < end:
        time.sleep(0.01)
    assert state_of(donor) == "Donor/Desynced"  # nobody waits for it, and nobody asks it for all data
    donor.kill()
    assert running.wait(120) == 1, pod.said("base", "out")
    assert "CopyFailed" in pod.word()
    assert not list(target.rglob("manifest.json"))
    cluster.until("loss", lambda: not cluster.is_whole)
    cluster.until("whole cluster", lambda: cluster.is_whole, 300)
    done = pod.run("base")
    pod.end()
    assert done.returncode == 0, f"{done.stderr}\n{pod.log()}"
    assert len(list(target.rglob("manifest.json"))) == 1
    cluster.until("no member that stays back", lambda: all(state_of(m) == "Synced" for m in cluster.members), 30)


def state_of(member: GaleraMember) -> object:
    return member.query("SHOW STATUS LIKE 'wsrep_local_state_comment'")[0][1]


def restored_cluster(machine: Machine, name: str) -> RealCluster:
    """A new cluster, whose first member has the restored volume."""
    assert machine.restored
    folder = machine.folder / name
    folder.mkdir()
    shutil.copytree(machine.folder / "tls", folder / "tls")
    cluster = RealCluster(folder, machine.rootfs, machine.patch, machine.config)
    give(cluster.members[0], volume(machine.restored))
    return cluster


def give(member: GaleraMember, data: Path) -> None:
    shutil.rmtree(member.volume)
    shutil.copytree(data, member.volume)
    subprocess.run(["chown", "-R", f"{MYSQL_USER}:{MYSQL_USER}", member.volume], check=True)


def test_data_of_another_cluster_is_never_replaced(machine: Machine) -> None:
    """A claim that was left of the cluster that was backed up: nobody founds, nobody joins, all data stays."""
    for member in machine.cluster.members:
        member.stop()
    cluster = restored_cluster(machine, "left")
    left = machine.cluster.members[1]
    give(cluster.members[1], left.volume)
    before = [(member.volume / "data/grastate.dat").read_text() for member in cluster.members[:2]]
    for member in cluster.members:
        member.start()
    try:
        for member in cluster.members[:2]:
            cluster.until("report", lambda m=member: "different histories" in m.health.reason)
        for _ in range(20):
            cluster.round()
        assert cluster.roles == [None] * MEMBERS
        assert not any(each.startswith(("StartGroup", "JoinCluster")) for m in cluster.members for each in m.done)
    finally:
        for member in cluster.members:
            member.stop()
    assert [(member.volume / "data/grastate.dat").read_text() for member in cluster.members[:2]] == before


def test_a_new_cluster_is_founded_once_with_the_restored_data(machine: Machine) -> None:
    """The first member has it, the others take it; killed while it founds, it does so again, and with the same."""
    gtids = GtidSet.parse(str(machine.manifests()[-1]["gtids"]))
    cluster = restored_cluster(machine, "restored")
    first = cluster.members[0]
    history = next(
        line.split()[1] for line in (first.volume / "data/grastate.dat").read_text().splitlines() if "uuid" in line
    )
    assert history not in gtids.intervals
    for member in cluster.members:
        member.start()
    try:
        cluster.until("founding", lambda: any(each.startswith("StartGroup") for each in first.done), 300)
        first.kill()
        took = cluster.until("cluster", lambda: cluster.is_whole, 400)
        print(f"\n  a restored cluster of three after {took:.0f} s")
        assert cluster.most_primaries == 1
        assert [m.ordinal for m in cluster.members if any(d.startswith("StartGroup") for d in m.done)] == [0]
        for member in cluster.members:
            assert member.query("SHOW STATUS LIKE 'wsrep_cluster_state_uuid'")[0][1] == history
            machine.check_rows(member.query("SELECT writer, k, v FROM app.t"), gtids)
        with machine.client(cluster.primary.ordinal) as connection, connection.cursor() as cursor:
            cursor.execute("REPLACE INTO app.t (writer, k, v) VALUES (97, 1, 'after the restore')")
        wanted = [("after the restore",)]
        asked = "SELECT v FROM app.t WHERE writer = 97"
        cluster.until("equal data", lambda: all(m.query(asked) == wanted for m in cluster.members), 30)
    finally:
        for member in cluster.members:
            member.stop()
