"""Backups of a group of real servers, whose primary is killed while it is archived: no gap, nothing twice, every moment
exact across the changes."""

from __future__ import annotations

import itertools
import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pymysql
import pytest
from backup_pods import BackupPod, positions, run_moments, show, wait_for_archive
from mysqld_group import BRIDGE, MEMBERS, GroupMember, RealGroup, running_group
from mysqld_members import rootfs_of

from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.backup.settings import Settings

pytestmark = pytest.mark.mysqld

WRITERS = 3
FAILOVERS = 2
MOMENTS = 30


@dataclass
class Writer:
    """Inserts numbers that nobody else uses, into whoever lets it, and notes the times around each one."""

    number: int
    folder: Path
    ending: threading.Event
    acknowledged: list[tuple[float, float, int]] = field(default_factory=list)
    unknown: list[tuple[float, int]] = field(default_factory=list)

    def run(self) -> None:
        keys = itertools.count()
        for ordinal in itertools.cycle(range(MEMBERS)):
            if self.ending.is_set():
                return
            try:
                self._write(BRIDGE.address(ordinal), keys)
            except (pymysql.MySQLError, OSError):
                time.sleep(0.05)

    def _write(self, host: str, keys: Iterator[int]) -> None:
        ca = str(self.folder / "tls/ca.crt")
        connection = pymysql.connect(
            host=host, user="app", password="u-secret", ssl_ca=ca, autocommit=True, connect_timeout=2, read_timeout=15
        )
        with connection, connection.cursor() as cursor:
            while not self.ending.is_set():
                key, began = next(keys), time.time()
                self.unknown.append((began, key))
                cursor.execute("INSERT INTO app.t (writer, k, v) VALUES (%s, %s, 'x')", (self.number, key))
                self.acknowledged.append((began, time.time(), key))
                time.sleep(0.005)


@dataclass
class Machine:
    """A group under backup, and what its clients did."""

    folder: Path
    group: RealGroup
    settings: Settings
    archive: BackupPod
    writers: list[Writer] = field(default_factory=list)
    failovers: list[float] = field(default_factory=list)

    def pod(self, name: str, **changes: object) -> BackupPod:
        folder, settings = self.folder, replace(self.settings, **changes)
        return BackupPod(folder / name, folder / "target", settings, folder / "tls", folder / "secrets")

    @property
    def executed(self) -> GtidSet:
        return GtidSet.parse(str(self.group.primary.query("SELECT @@gtid_executed")[0][0]))

    def run(self, command: str, pod: BackupPod) -> None:
        """A command of the program, while the agents go on."""
        done: list[object] = []
        thread = threading.Thread(target=lambda: done.append(pod.run(command)))
        thread.start()
        self.group.until(f"end of {command}", lambda: not thread.is_alive(), 180)
        assert done and done[0].returncode == 0, f"{done}\n{pod.log()}"  # type: ignore[attr-defined]

    def load(self) -> None:
        """Write while the primary is killed, again and again."""
        ending = threading.Event()
        self.writers = [Writer(number, self.folder, ending) for number in range(WRITERS)]
        threads = [threading.Thread(target=writer.run, daemon=True) for writer in self.writers]
        for thread in threads:
            thread.start()
        for _ in range(FAILOVERS):
            self.work(4)
            self.fail_over(self.group.primary)
        self.work(3)
        ending.set()
        for thread in threads:
            thread.join(20)

    def fail_over(self, killed: GroupMember) -> None:
        self.failovers.append(time.time())
        killed.signal(signal.SIGKILL)
        self.group.until("another primary", lambda: killed.health.role != "primary" and self.has_primary, 120)
        self.group.until("whole group", lambda: self.group.is_whole, 120)

    @property
    def has_primary(self) -> bool:
        return sum(member.health.role == "primary" for member in self.group.members) == 1

    def work(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.group.until("work", lambda: time.monotonic() > end, seconds + 30)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("backups")
    with running_group(folder, rootfs_of("mysql")) as group:
        group.until("group", lambda: group.is_whole)
        hosts = tuple(BRIDGE.address(ordinal) for ordinal in range(MEMBERS))
        settings = Settings(
            "orders", "shop", hosts, 3306, 3, True, "volume", 1 << 16, 0.5, "9.7.4", topology="group-replication"
        )
        made = Machine(
            folder, group, settings,
            BackupPod(folder / "archive", folder / "target", settings, folder / "tls", folder / "secrets"),
        )  # fmt: skip
        group.primary.query("CREATE TABLE app.t (writer INT, k INT, v LONGTEXT, PRIMARY KEY (writer, k))")
        made.archive.start("archive")
        base = made.pod("base")
        try:
            group.until("archive", lambda: bool(positions(made.archive.target)), 60)
            made.run("base", base)
            made.load()
            moment = time.time()
            reaches = lambda: int(str(positions(made.archive.target)[-1]["until"])) > moment * 1e6  # noqa: E731
            group.until("archive to catch up", reaches, 60)
            yield made
        finally:
            base.end()
            made.archive.end()


def segments(machine: Machine) -> list[dict[str, object]]:
    described = sorted((machine.folder / "target/orders/binlog/0001").glob("0*.json"))
    return [json.loads(path.read_text()) for path in described]


def test_the_base_backup_is_a_secondarys(machine: Machine) -> None:
    (manifest,) = (machine.folder / "target/orders/base").glob("*/manifest.json")
    assert json.loads(manifest.read_text())["source"] in {BRIDGE.address(ordinal) for ordinal in range(MEMBERS)}
    assert "copying" in machine.pod("base").said("base", "out")


def test_the_archive_follows_the_primary_without_a_gap_and_nothing_twice(machine: Machine) -> None:
    assert len(machine.failovers) == FAILOVERS
    heads = list((machine.folder / "target/orders/binlog").glob("*/chain.json"))
    assert len(heads) == 1, [json.loads(path.read_text())["why"] for path in heads]
    reached = GtidSet.parse(json.loads(heads[0].read_text())["start"])
    for segment in segments(machine):
        assert GtidSet.parse(str(segment["after"])) == reached
        gtids = GtidSet.parse(str(segment["gtids"]))
        assert gtids - reached == gtids, "archived twice"
        reached |= gtids
    assert reached == machine.executed
    print(f"\n  {len(segments(machine))} segments, {FAILOVERS} failovers, {len(reached)} transactions")


def test_every_moment_is_exact_across_failovers(machine: Machine) -> None:
    chance = random.Random(5)
    ended = [end for writer in machine.writers for _, end, _ in writer.acknowledged]
    around = [at + offset for at in machine.failovers for offset in (-0.2, -0.01, 0.01, 0.2, 1, 5)]
    moments = sorted([*around, *(chance.uniform(min(ended), max(ended)) for _ in range(MOMENTS - len(around)))])
    found = run_moments(machine.pod("times"), [show(moment) for moment in moments])
    assert len(found) == len(moments)
    for moment, answer in zip(moments, found, strict=True):
        for writer in machine.writers:
            rows = {k for number, k, _ in answer["rows"] if number == writer.number}
            before = {k for _, end, k in writer.acknowledged if end < moment}
            begun = {k for began, k in writer.unknown if began <= moment}
            assert before <= rows <= begun, f"{show(moment)}: lost {before - rows}, too young {rows - begun}"
    print(f"\n  {len(found)} of {len(moments)} moments exact, {len(ended)} acknowledged writes")


def test_a_restored_group_has_a_name_of_its_own(machine: Machine) -> None:
    """Under the old name, numbers of transactions that were restored away would be given again."""
    pod = machine.pod("whole")
    try:
        machine.run("restore", pod)
        script = pod.folder / "spool/name.py"
        script.write_text(
            "from pathlib import Path\n"
            "from mysql_k8s.backup.engine_mysql import SERVER\n"
            "from mysql_k8s.backup.scratch import Scratch\n"
            "scratch = Scratch(Path('/var/lib/mysql/data'), SERVER)\n"
            "scratch.start()\n"
            "print(scratch.rows('SELECT name FROM mysql_k8s.replication_group')[0]['name'],"
            " scratch.rows('SELECT @@gtid_executed AS gtids')[0]['gtids'].replace(chr(10), ''))\n"
            "scratch.stop()\n"
        )
        done = pod.run_script("/spool/name.py", "")
        assert done.returncode == 0, f"{done.stderr}\n{pod.log()}"
        name, gtids = done.stdout.split()
    finally:
        pod.end()
    (old,) = machine.group.primary.query("SELECT name FROM mysql_k8s.replication_group")
    assert name not in (old[0], "")
    assert GtidSet.parse(gtids) == machine.executed != NOTHING


def test_a_history_that_went_back_is_a_gap_even_where_the_numbers_go_on(machine: Machine) -> None:
    """What the archive holds last is compared with what the server has under that GTID: here somebody changed it."""
    machine.archive.end()
    last = sorted((machine.folder / "target/orders/binlog/0001").glob("0*.json"))[-1]
    described = json.loads(last.read_text())
    last.write_text(json.dumps({**described, "last_committed": described["last_committed"] - 1}))
    keeper = machine.pod("keeper-2")
    keeper.start("archive")
    wait_for_archive(keeper, time.time(), 60)
    keeper.end()
    heads = sorted((machine.folder / "target/orders/binlog").glob("*/chain.json"))
    assert len(heads) == 2
    assert "is another transaction" in json.loads(heads[1].read_text())["why"]
