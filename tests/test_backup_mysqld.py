"""Backup, archive and restore with real mysqld processes and the pods' own programs: row by row against what clients
were told."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import threading
import time
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
from mysqld_members import RealMember, look_at, open_to_servers, rootfs_of, write_mounts

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.backup.settings import Settings

pytestmark = pytest.mark.mysqld

MOMENTS = int(os.environ.get("BACKUP_MOMENTS", "40"))
WRITERS = 3
LOAD_SECONDS = float(os.environ.get("BACKUP_LOAD_SECONDS", "12"))
ADDRESS = "127.0.77.10"


@dataclass
class Machine:
    """A server under backup, and what its clients did."""

    folder: Path
    member: RealMember
    settings: Settings
    archive: BackupPod
    base: BackupPod
    writers: list[Writer] = field(default_factory=list)
    samples: list[tuple[float, str, float]] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    """Seconds between now and what the archive holds, again and again during the load."""

    def pod(self, name: str, **changes: object) -> BackupPod:
        folder, settings = self.folder, replace(self.settings, **changes)
        return BackupPod(folder / name, folder / "target", settings, folder / "tls", folder / "secrets")

    def client(self, user: str = "app", password: str = "u-secret") -> pymysql.Connection:
        ca = str(self.folder / "tls/ca.crt")
        return pymysql.connect(host=ADDRESS, user=user, password=password, ssl_ca=ca, autocommit=True)

    def load(self) -> None:
        until = time.time() + LOAD_SECONDS
        self.writers = [Writer(number) for number in range(WRITERS)]
        threads = [threading.Thread(target=each.run, args=(self.client(), until)) for each in self.writers]
        for thread in threads:
            thread.start()
        admin = self.client("admin", "a-secret")
        with admin.cursor() as cursor:
            while time.time() < until:
                began = time.time()
                cursor.execute("SELECT @@gtid_executed")
                (gtids,) = cursor.fetchone()
                self.samples.append((began, gtids.replace("\n", ""), time.time()))
                self.ages.append(time.time() - int(str(positions(self.folder / "target")[-1]["until"])) / 1e6)
                if len(self.samples) % 10 == 7:
                    self.member.mysqld.run(
                        "SET SESSION gtid_next = 'AUTOMATIC:by_hand'",
                        f"REPLACE INTO app.t (writer, k, v) VALUES (98, {len(self.samples)}, 'with a tag')",
                        "SET SESSION gtid_next = 'AUTOMATIC'",
                    )
                if len(self.samples) % 20 == 10:
                    cursor.execute("FLUSH BINARY LOGS")
                if len(self.samples) % 25 == 5:
                    cursor.execute(f"ALTER TABLE app.t ADD COLUMN extra{len(self.samples)} INT DEFAULT 1")
                time.sleep(0.1)
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    rootfs = rootfs_of("mysql")
    folder = tmp_path_factory.mktemp("backups")
    open_to_servers(folder)
    patch = pytest.MonkeyPatch()
    patch.setattr(mysqld_members, "address", lambda ordinal: f"127.0.77.{10 + ordinal}")
    write_mounts(folder, [ADDRESS])
    member = RealMember(0, folder, rootfs)
    look_at(member, patch, folder)
    settings = Settings("orders", "shop", (ADDRESS,), 3306, 3, True, "volume", 1 << 18, 0.5, "9.7.4")
    made: list[BackupPod] = []
    try:
        member.start()
        member.up()
        for step in (act.Bootstrap(), act.Declare(), act.MakeWritable()):
            member.performer.perform(step)
        # As the data of a replica, from which base backups are taken, names whom it follows.
        member.mysqld.run("CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'gone'")
        pods = [
            BackupPod(folder / name, folder / "target", settings, folder / "tls", folder / "secrets")
            for name in ("archive", "base")
        ]
        made += pods
        machine = Machine(folder, member, settings, *pods)
        with machine.client().cursor() as cursor:
            cursor.execute("CREATE TABLE app.t (writer INT, k INT, v LONGTEXT, PRIMARY KEY (writer, k))")
        machine.archive.start("archive")
        wait_for_archive(machine.archive, time.time())
        done = machine.base.run("base")
        assert done.returncode == 0, f"{done.stderr}\n{machine.base.log()}"
        machine.base.end()
        machine.load()
        wait_for_archive(machine.archive, time.time())
        yield machine
    finally:
        for pod in made:
            pod.end()
        member.stop()
        patch.undo()


def check_rows(machine: Machine, found: dict[str, object], first: float, last: float) -> None:
    """Row by row against what each writer was told."""
    for writer in machine.writers:
        rows = {key: value for number, key, value in found["rows"] if number == writer.number}
        assert rows in writer.states(first, last), f"writer {writer.number} at {found['moment']}"


def test_every_moment_is_restored_exactly(machine: Machine) -> None:
    chance = random.Random(7)
    first = machine.writers[0].changes[0][0]
    moments = sorted(chance.uniform(first, first + LOAD_SECONDS) for _ in range(MOMENTS))
    found = run_moments(machine.pod("times"), [show(moment) for moment in moments])
    assert len(found) == len(moments)
    for moment, answer in zip(moments, found, strict=True):
        check_rows(machine, answer, moment, moment)
    print(f"\n  {len(found)} of {len(moments)} moments exact, {sum(len(w.changes) for w in machine.writers)} changes")


def test_every_gtid_set_is_restored_exactly(machine: Machine) -> None:
    chance = random.Random(8)
    samples = sorted(chance.sample(machine.samples, min(len(machine.samples), max(5, MOMENTS // 4))))
    found = run_moments(machine.pod("gtids"), [gtids for _, gtids, _ in samples])
    for (began, gtids, ended), answer in zip(samples, found, strict=True):
        assert GtidSet.parse(gtids) <= GtidSet.parse(str(answer["gtids"]))
        check_rows(machine, answer, began, ended)


def test_the_archive_is_never_far_behind(machine: Machine) -> None:
    ages = sorted(machine.ages)
    p99 = ages[int(len(ages) * 0.99)]
    print(f"\n  age of the archive during the load: median {ages[len(ages) // 2]:.1f} s, p99 {p99:.1f} s")
    assert p99 < 5


def test_transactions_with_a_tag_are_archived_too(machine: Machine) -> None:
    described = [json.loads(p.read_text()) for p in (machine.folder / "target/orders/binlog/0001").glob("0*.json")]
    assert any(":by_hand:" in each["gtids"] for each in described)


def restored(machine: Machine, name: str, **changes: object) -> tuple[BackupPod, int, str]:
    pod = machine.pod(name, **changes)
    done = pod.run("restore")
    return pod, done.returncode, done.stdout + done.stderr


def test_a_restore_fills_an_empty_volume_and_only_that(machine: Machine) -> None:
    pod, status, said = restored(machine, "whole")
    try:
        assert status == 0, f"{said}\n{pod.log()}"
        assert (pod.folder / "var/lib/mysql/data/ibdata1").exists()
        assert not (pod.folder / "var/lib/mysql/data/auto.cnf").exists()
        again = pod.run("restore")
        assert (again.returncode, "done already" in again.stdout) == (0, True)
        (pod.folder / "var/lib/mysql/restored.json").unlink()
        refused = pod.run("restore")
        assert refused.returncode == 1
        assert "a restore fills an empty volume only" in refused.stderr
    finally:
        pod.end()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"until": "2020-01-01T00:00:00Z"}, "before the oldest base backup"),
        ({"until": "2120-01-01T00:00:00Z"}, "after the end of the archive"),
        ({"until": "00000000-0000-0000-0000-000000000001:7"}, "does not hold"),
        ({"server_version": "9.6.0"}, "use 9.7.4"),
        ({"cluster": "another"}, "there is no base backup"),
    ],
)
def test_what_cannot_be_restored_is_refused(machine: Machine, changes: dict[str, object], message: str) -> None:
    check_refusal(machine.pod(f"refused-{abs(hash(message))}", **changes), message)


def copy_of_target(machine: Machine, name: str) -> tuple[BackupPod, Path]:
    """A pod with a target of its own, to be damaged."""
    target = machine.folder / f"target-{name}"
    shutil.copytree(machine.folder / "target", target)
    folder = machine.folder
    pod = BackupPod(folder / name, target, machine.settings, folder / "tls", folder / "secrets")
    return pod, target / "orders"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_base, "its checksum differs"),
        (truncate_base, "its checksum differs"),
        (lose_manifest, "there is no base backup"),
        (lose_segment, "is missing on the target"),
        (damage_segment, "its checksum differs"),
    ],
)
@pytest.mark.parametrize("command", ["restore", "drill"])
def test_damage_is_found(machine: Machine, command: str, damage: Damage, message: str) -> None:
    pod, target = copy_of_target(machine, f"{command}-{damage.__name__}")
    assert message in check_damage(pod, command, target, damage, message).stderr


def test_a_drill_compares_rows(machine: Machine) -> None:
    pod, target = copy_of_target(machine, "drill-rows")
    check_damage(pod, "drill", target, change_rows, "app.t: the rows are not those that were backed up")


def test_beyond_a_lost_description_nothing_is_restored(machine: Machine) -> None:
    """The chain ends where one is missing: what is before it can be restored, and it never skips to what is behind."""
    pod, target = copy_of_target(machine, "hole")
    lost = middle_segment(target)
    until = json.loads(lost.read_text())["latest"] / 1e6
    lost.unlink()
    pod.end()
    late = replace(machine.settings, until=show(until + 0.001))
    behind = BackupPod(
        machine.folder / "behind", target.parent, late, machine.folder / "tls", machine.folder / "secrets"
    )
    done = behind.run("restore")
    behind.end()
    assert done.returncode == 1
    assert "no base backup belongs to the part of the archive" in done.stderr or "end of the archive" in done.stderr


def test_a_restore_goes_on_across_a_changed_password(machine: Machine) -> None:
    """Accounts are rows like others, and no password is needed to restore."""
    mysqld = machine.member.mysqld
    mysqld.run("ALTER USER 'app'@'%' IDENTIFIED BY 'another-password'")
    mysqld.run("REPLACE INTO app.t (writer, k, v) VALUES (97, 1, 'after the change')")
    moment = time.time()
    wait_for_archive(machine.archive, moment)
    (answer,) = run_moments(machine.pod("password"), [show(moment)])
    assert [97, 1, "after the change"] in answer["rows"]
    mysqld.run("ALTER USER 'app'@'%' IDENTIFIED BY 'u-secret'")


def test_a_drill_notes_what_it_proved(machine: Machine) -> None:
    target = machine.folder / "target/orders"
    note = proved(machine.pod("drill"), target)
    assert note["tables"] > 30
    (manifest,) = target.glob("base/*/manifest.json")
    checksums = json.loads(manifest.read_text())["checksums"]
    assert note["checksums"] == len(checksums)
    assert {"app.t", "mysql_k8s.cluster"} <= set(checksums)
    lister = machine.pod("list")
    listed = lister.run("list")
    lister.end()
    assert json.loads(listed.stdout)["bases"][0]["verified"]


def test_a_wrong_password_leaves_nothing_that_looks_like_a_backup(machine: Machine) -> None:
    pod, target = copy_of_target(machine, "wrong-password")
    shutil.rmtree(target / "base")
    (pod.folder / "etc/mysql-k8s-secrets/clone").write_text("wrong")
    done = pod.run("base")
    pod.end()
    assert done.returncode == 1
    assert "no member answers with data" in done.stderr
    assert not list(target.glob("base/*"))


def test_a_full_target_leaves_nothing_that_looks_like_a_backup(machine: Machine) -> None:
    target = machine.folder / "target-full"
    target.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,uid=999,gid=999", "tmpfs", str(target)], check=True)
    folder = machine.folder
    pod = BackupPod(folder / "full", target, machine.settings, folder / "tls", folder / "secrets")
    try:
        done = pod.run("base")
        assert done.returncode == 1
        assert "No space left on device" in pod.word()
        assert not list(target.rglob("manifest.json"))
    finally:
        pod.end()
        subprocess.run(["umount", str(target)], check=True)


def test_an_upload_that_is_killed_counts_for_nothing_and_is_cleared_away(machine: Machine) -> None:
    pod, target = copy_of_target(machine, "killed")
    shutil.rmtree(target / "base")
    pod.start_mysqld()
    running = pod.start("base")
    end = time.monotonic() + 120
    while "storing" not in pod.said("base", "out") and time.monotonic() < end:
        time.sleep(0.02)
    running.kill()
    running.wait()
    assert "storing" in pod.said("base", "out"), pod.said("base")
    assert not list(target.rglob("manifest.json"))
    leftover = target / "base/20200101T000000.000000Z/part-00000"  # as one that was killed later, and long ago
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    pod.end()
    again = BackupPod(
        machine.folder / "again", target.parent, machine.settings, machine.folder / "tls", machine.folder / "secrets"
    )
    done = again.run("base")
    again.end()
    assert done.returncode == 0, f"{done.stderr}\n{again.log()}"
    assert len(list(target.rglob("manifest.json"))) == 1
    assert not leftover.exists()


def test_a_purge_before_the_upload_is_a_gap_and_begins_a_new_chain(machine: Machine) -> None:
    machine.archive.end()
    mysqld = machine.member.mysqld
    mysqld.run("REPLACE INTO app.t (writer, k, v) VALUES (99, 1, 'lost to the archive')", "FLUSH BINARY LOGS")
    mysqld.rows("PURGE BINARY LOGS TO %s", (mysqld.rows("SHOW BINARY LOGS")[-1]["Log_name"],))
    keeper = machine.pod("keeper-2")
    keeper.start("archive")
    moment = time.time()
    wait_for_archive(machine.archive, moment)
    keeper.end()
    heads = sorted((machine.folder / "target/orders/binlog").glob("*/chain.json"))
    assert len(heads) == 2
    assert "binary logs have" in json.loads(heads[1].read_text())["why"]
    pod, status, said = restored(machine, "after-gap", until=show(moment))
    pod.end()
    assert status == 1
    assert "no base backup belongs to the part of the archive" in said
