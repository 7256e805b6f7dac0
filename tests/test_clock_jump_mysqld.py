"""The clock of one machine of a group jumps, for one real mysqld of three: nobody is succeeded, and nothing is lost.

A container has the machine's clock, so it is the server that is told another time (libfaketime, Debian's package).
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mysqld_group import GroupMember, RealGroup, running_group
from mysqld_members import MYSQL_USER, rootfs_of

from sandbox.debian import ensure_packages
from sandbox.progress import Reporter

pytestmark = pytest.mark.mysqld

LIBRARY = "libfaketimeMT.so.1"
HOUR = 3600
BACK = -240
"""The certificates of the test are as old as it is, and valid since five minutes before."""
ENOUGH_SECONDS = 12.0
"""Longer than a group takes to give a silent member up."""


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGroup]:
    rootfs = rootfs_of("mysql")
    ensure_packages({"faketime": "faketime"}, Reporter())
    (library,) = Path("/usr/lib").rglob(LIBRARY)
    with running_group(tmp_path_factory.mktemp("clocks"), rootfs) as made:
        made.until("group", lambda: made.is_whole)
        for member in made.members:
            member.stop()
            set_clock(member, 0)
            preload(member, library)
            member.start()
        made.until("group", lambda: made.is_whole)
        yield made


def preload(member: GroupMember, library: Path) -> None:
    """Have the server ask for the time of day what `set_clock` says; what it measures durations with is left alone."""
    scripts = member.folder / "etc/mysql-k8s"
    shutil.copy(library, scripts / LIBRARY)
    given = f"LD_PRELOAD=/etc/mysql-k8s/{LIBRARY} FAKETIME_TIMESTAMP_FILE=/run/mysqld/clock"
    lines = (scripts / "run.sh").read_text().splitlines(keepends=True)
    lines.insert(1, f"export {given} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1\n")
    (scripts / "run.sh").write_text("".join(lines))


def set_clock(member: GroupMember, ahead: int) -> None:
    """So many seconds ahead of the machine's clock, from now on."""
    file = member.folder / "run/mysqld/clock"
    new = file.with_suffix(".new")
    new.write_text(f"{ahead:+d}\n")
    os.chown(new, MYSQL_USER, MYSQL_USER)
    new.replace(file)


@pytest.fixture(autouse=True)
def table(group: RealGroup) -> None:
    """Empty, for the clients of one test."""
    group.primary.query("DROP TABLE IF EXISTS app.t", "CREATE TABLE app.t (id INT PRIMARY KEY)")


def ahead_of_machine(member: GroupMember) -> float:
    ((now,),) = member.query("SELECT UNIX_TIMESTAMP(NOW(6))")
    return float(str(now)) - time.time()


@pytest.mark.parametrize("seconds", [HOUR, BACK], ids=["an hour ahead", "four minutes back"])
@pytest.mark.parametrize("role", ["primary", "replica"])
def test_nobody_is_succeeded_and_nothing_is_lost(role: str, seconds: int, group: RealGroup) -> None:
    primary = group.primary
    member = next(m for m in group.members if m.health.role == role)
    began = time.monotonic()
    with group.load() as clients:
        clients.wait_for_writes(group)
        set_clock(member, seconds)
        assert ahead_of_machine(member) == pytest.approx(seconds, abs=2)
        group.until("time to pass", lambda: time.monotonic() - began > ENOUGH_SECONDS)
        clients.wait_for_writes(group)
        assert group.primary is primary
        set_clock(member, 0)
        group.until("time to pass", lambda: time.monotonic() - began > 2 * ENOUGH_SECONDS)
        clients.wait_for_writes(group)
    assert group.primary is primary
    assert group.most_primaries == 1
    assert clients.longest_gap < ENOUGH_SECONDS / 2
    clients.nothing_lost(group)


def test_a_primary_of_another_time_is_succeeded_when_it_is_killed(group: RealGroup) -> None:
    killed = group.primary
    set_clock(killed, HOUR)
    with group.load() as clients:
        clients.wait_for_writes(group)
        killed.signal(signal.SIGKILL)
        group.until("successor", lambda: any(m is not killed and m.health.role == "primary" for m in group.members))
        clients.wait_for_writes(group)
    set_clock(killed, 0)
    clients.nothing_lost(group)
    assert group.most_primaries == 1
