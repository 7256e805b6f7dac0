"""One transaction of more than 2 GiB on a real server that stands alone: archived, and restored to the moments before
and after it, with the memory that the pods have."""

from __future__ import annotations

import functools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import mysqld_members
import pymysql
import pytest
import test_backup_mariadbd
from backup_pods import BackupPod, show, wait_for_archive
from mysqld_members import (
    LoopbackSettings,
    RealMember,
    look_at,
    make_pipe_for_server,
    open_to_servers,
    rootfs_of,
    write_mounts,
)

from mysql_k8s.agent import actions as act
from mysql_k8s.agent import copying, jobs, mysqld, server
from mysql_k8s.agent.settings import DeclaredUser
from mysql_k8s.args import Backup
from mysql_k8s.backup.settings import Settings
from mysql_k8s.objects import backup_pods
from mysql_k8s.quantity import to_bytes

pytestmark = pytest.mark.mysqld

MIB = 1 << 20
ROWS = int(os.environ.get("BACKUP_LARGE_MIB", "2048"))
"""Of a MiB each."""
LARGEST_ROW = 40 * MIB
"""Its change is one event of twice the size."""
READ_SECONDS = 300
APART = 2.5
"""Seconds between moments: MariaDB's are exact to one."""
VERSIONS = {"mysql": "9.7.4", "mariadb": "11.8.9"}
MEMORY_LIMIT = to_bytes(Backup().memory_limit)
SERVERS_MEMORY_LIMIT = to_bytes(backup_pods.SCRATCH_MEMORY_LIMIT)


@dataclass
class Machine:
    """A server, and the keeper of its backups."""

    engine: str
    folder: Path
    member: RealMember
    settings: Settings
    archive: BackupPod

    def pod(self, name: str, **changes: object) -> BackupPod:
        folder, settings = self.folder, replace(self.settings, **changes)
        return BackupPod(folder / name, folder / "target", settings, folder / "tls", folder / "secrets")

    def client(self) -> pymysql.Connection:
        ca = str(self.folder / "tls/ca.crt")
        return pymysql.connect(host=address(0), user="app", password="u-secret", ssl_ca=ca, autocommit=True)


def address(ordinal: int) -> str:
    return f"127.0.79.{10 + ordinal}"


def member(engine: str, ordinal: int, folder: Path) -> RealMember:
    users = (DeclaredUser("app", ("app",), ("ALL",)),)
    settings = LoopbackSettings("db", "shop", "db", 1, "standalone", databases=("app",), users=users, engine=engine)
    return RealMember(ordinal, folder, rootfs_of(engine), settings, {"topology": {"kind": "standalone"}})


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    engine: str = request.param
    rootfs_of(engine)
    folder = tmp_path_factory.mktemp(f"large-{engine}")
    open_to_servers(folder)
    write_mounts(folder, ["*.db.shop.svc", address(0)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mysqld_members, "address", address)
        if engine == "mariadb":
            patch.setattr(test_backup_mariadbd, "address", address)
            patch.setattr(mysqld, "MARIADB_USER", "root")
            patch.setattr(jobs.os, "mkfifo", make_pipe_for_server)
            for module in (copying, server):
                patch.setattr(module, "TLS_FOLDER", folder / "tls")
        yield from run(engine, folder, patch)
    shutil.rmtree(folder)


def run(engine: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Machine]:
    served = member(engine, 0, folder)
    look_at(served, patch, folder)
    settings = Settings(
        "orders", "shop", (address(0),), 3306, 3, True, "volume", 16 * MIB, 1.0, VERSIONS[engine],
        topology="standalone", engine=engine,
    )  # fmt: skip
    archive = BackupPod(folder / "archive", folder / "target", settings, folder / "tls", folder / "secrets")
    machine = Machine(engine, folder, served, settings, archive)
    endpoints = None
    try:
        served.start()
        served.up()
        for step in (act.Bootstrap(), act.Declare(), act.MakeWritable()):
            served.performer.perform(step)
        if engine == "mariadb":
            test_backup_mariadbd.serve_elsewhere(archive)
            endpoints = test_backup_mariadbd.serve_member(served)
        with machine.client() as client, client.cursor() as cursor:
            cursor.execute("CREATE TABLE app.small (k INT PRIMARY KEY)")
            cursor.execute("CREATE TABLE app.large (k INT PRIMARY KEY, v LONGBLOB)")
        archive.start("archive")
        wait_for_archive(archive, time.time())
        base = machine.pod("base")
        done = base.run("base")
        base.end()
        assert done.returncode == 0, f"{done.stderr}\n{base.log()}"
        yield machine
    finally:
        if endpoints is not None:
            endpoints.shutdown()
            endpoints.server_close()
        archive.end()
        served.stop()


def write_large(machine: Machine) -> None:
    """In one transaction."""
    client = machine.client()
    with client, client.cursor() as cursor:
        cursor.execute("BEGIN")
        for number in range(ROWS):
            cursor.execute("INSERT INTO app.large VALUES (%s, REPEAT(%s, %s))", (number, f"{number:08d}", MIB // 8))
        cursor.execute("INSERT INTO app.large VALUES (-1, REPEAT('a', %s))", (LARGEST_ROW,))
        cursor.execute("UPDATE app.large SET v = REPEAT('b', %s) WHERE k = -1", (LARGEST_ROW,))
        cursor.execute("COMMIT")


def content(of: RealMember) -> tuple[list[int], dict[str, object]]:
    """The small rows, and what the large ones add up to."""
    server = of.mysqld.beside(READ_SECONDS)
    small = [int(row["k"]) for row in server.rows("SELECT k FROM app.small ORDER BY k")]
    wanted = "COUNT(*) AS rows_, COALESCE(SUM(LENGTH(v)), 0) AS bytes_, COALESCE(SUM(CRC32(v)), 0) AS crcs"
    large = server.rows(f"SELECT {wanted} FROM app.large")[0]
    server.close()
    return small, large


def peak(pid: int) -> int:
    """The most memory that a process had so far, in bytes; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return 1024 * next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def servers_peak(pod: BackupPod) -> int:
    """The same of the throw-away server."""
    assert pod.mysqld is not None
    children = Path(f"/proc/{pod.mysqld.pid}/task/{pod.mysqld.pid}/children").read_text().split()
    return max((peak(int(each)) for each in children), default=0)


def test_a_transaction_of_two_gib_is_restored_or_left_out(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    insert = "INSERT INTO app.small VALUES (%s)"
    machine.member.mysqld.rows(insert, (1,))
    time.sleep(APART)
    before = time.time()
    time.sleep(APART)
    write_large(machine)
    print(f"\n  {machine.engine}: committed after {time.time() - before:.0f} s", end="")
    machine.member.mysqld.rows(insert, (2,))
    time.sleep(APART)
    after = time.time()
    time.sleep(APART)
    machine.member.mysqld.rows(insert, (3,))
    wait_for_archive(machine.archive, time.time(), 300)
    (keeper,) = machine.archive.programs
    print(f", archived after {time.time() - after:.0f} s more, with {peak(keeper.pid) // MIB} MiB", end="")
    segments = sorted(machine.folder.glob("target/orders/binlog/*/*.binlog"), key=lambda path: path.stat().st_size)
    assert segments[-1].stat().st_size > ROWS * MIB
    assert not list(machine.folder.glob("target/orders/binlog/0002")), "a gap"
    assert peak(keeper.pid) < MEMORY_LIMIT

    _, whole = content(machine.member)
    look = functools.partial(look_at, monkeypatch=monkeypatch, folder=machine.folder)
    restored = member(machine.engine, 1, machine.folder)
    assert content_at(machine, restored, after, look) == ([1, 2], whole)
    shutil.rmtree(restored.folder)
    restored = member(machine.engine, 2, machine.folder)
    small, large = content_at(machine, restored, before, look)
    assert (small, large["rows_"]) == ([1], 0)


def content_at(
    machine: Machine, restored: RealMember, moment: float, look: Callable[[RealMember], None]
) -> tuple[list[int], dict[str, object]]:
    """What a member holds that starts on data restored to a moment."""
    began, most, servers_most = time.time(), 0, 0
    pod = machine.pod(f"restore-{restored.ordinal}", until=show(moment))
    try:
        pod.start_mysqld()
        program = pod.start("restore")
        while program.poll() is None and time.time() < began + 400:
            most, servers_most = max(most, peak(program.pid)), max(servers_most, servers_peak(pod))
            time.sleep(0.05)
        assert program.returncode == 0, f"{pod.said('restore', 'out')}{pod.said('restore')}\n{pod.log()}"
    finally:
        pod.end()
    print(f"; restored in {time.time() - began:.0f} s, with {most // MIB} and {servers_most // MIB} MiB", end="")
    assert most < MEMORY_LIMIT
    assert servers_most < SERVERS_MEMORY_LIMIT
    shutil.rmtree(restored.folder / "var/lib/mysql")
    (pod.folder / "var/lib/mysql").rename(restored.folder / "var/lib/mysql")
    look(restored)
    try:
        restored.start()
        restored.up()
        return content(restored)
    finally:
        restored.stop()
        look(machine.member)
