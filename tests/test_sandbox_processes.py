"""Processes are recognised by more than their number, and ended without touching others."""

import subprocess
import time
from pathlib import Path

import pytest

from sandbox import processes, record, teardown
from sandbox.errors import SandboxError
from sandbox.processes import Launch, Process, Stat
from sandbox.record import Record

LAUNCH = Launch("etcd", "mysql-k8s-control", ("etcd", "--flag"), "/tmp/etcd.log")
STAT = "4711 (a b) c) S 1 4711 4711 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1 1 1 0"


def test_parse_stat_survives_odd_program_names() -> None:
    assert processes.parse_stat(STAT) == Stat("S", 98765)


@pytest.mark.parametrize(
    ("stat", "same"),
    [
        (Stat("S", 5), True),
        (Stat("Z", 5), False),
        (Stat("S", 6), False),
        (None, False),
    ],
)
def test_is_same_needs_number_start_and_life(stat: Stat | None, same: bool) -> None:
    assert processes.is_same(Process(LAUNCH, 1, 5), stat) is same


def test_reused_number_is_spared() -> None:
    innocent = subprocess.Popen(["sleep", "60"])
    try:
        stat = processes.read_stat(innocent.pid)
        assert stat
        processes.kill({innocent.pid: stat.start_time - 1})
        assert innocent.poll() is None
        processes.kill({innocent.pid: stat.start_time})
        assert innocent.wait() == -9
    finally:
        innocent.kill()
        innocent.wait()


def test_started_process_and_its_children_are_found_by_their_mark(tmp_path: Path) -> None:
    log = tmp_path / "log"
    launch = Launch("parent", None, ("sh", "-c", "sleep 60 & echo $!; wait"), str(log))
    started = processes.start(launch, tmp_path)
    try:
        while not log.read_text().strip():
            time.sleep(0.01)
        child = int(log.read_text())
        assert processes.is_alive(started)
        assert set(processes.marked(tmp_path)) == {started.pid, child}
        assert processes.marked(tmp_path / "other") == {}
    finally:
        processes.kill(processes.marked(tmp_path))
    assert not processes.is_alive(started)
    assert processes.marked(tmp_path) == {}


def example() -> Record:
    return Record(
        boot_id="this-boot",
        store="images-1",
        ready=True,
        processes=[Process(LAUNCH, 10, 100), Process(LAUNCH, 11, 5)],
        namespaces=["ns"],
        interfaces=["if"],
        cgroups=["group"],
        folders=["/made"],
        sysctls={"a.b": "1"},
    )


def test_record_is_read_as_written(tmp_path: Path) -> None:
    record.save(example(), tmp_path)
    assert record.load(tmp_path) == example()
    assert [file.name for file in tmp_path.iterdir()] == [record.FILE]


def launch_of(script: str, claims: Path, log: Path) -> Launch:
    return Launch("claimant", None, ("python3", "-c", script), str(log), claims=str(claims))


def test_next_process_may_start_only_when_the_shared_socket_is_made_anew(tmp_path: Path) -> None:
    socket = tmp_path / "shared.sock"
    socket.touch()
    path = repr(str(socket))
    script = f"import os, time; time.sleep(0.5); os.unlink({path}); open({path}, 'w').write('mine'); time.sleep(60)"
    process = processes.start(launch_of(script, socket, tmp_path / "log"), tmp_path)
    try:
        assert socket.read_text() == "mine"
    finally:
        processes.kill(processes.by_number([process]))


def test_process_that_ends_before_it_made_its_socket_is_not_waited_for(tmp_path: Path) -> None:
    process = processes.start(launch_of("", tmp_path / "never.sock", tmp_path / "log"), tmp_path)
    assert not processes.is_alive(process)


def test_no_record_is_no_cluster(tmp_path: Path) -> None:
    assert record.load(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"processes": []}',
        '{"processes": [{}], "boot_id": "", "store": ""}',
    ],
)
def test_damaged_record_is_explained(tmp_path: Path, text: str) -> None:
    (tmp_path / record.FILE).write_text(text)
    with pytest.raises(SandboxError, match="damaged"):
        record.load(tmp_path)


def test_plan_ends_only_what_still_is_the_recorded_process() -> None:
    plan = teardown.plan(example(), "this-boot", lambda process: process.pid == 10)
    assert plan.processes == {10: 100}
    assert (plan.namespaces, plan.interfaces, plan.cgroups) == (("ns",), ("if",), ("group",))
    assert (plan.folders, plan.sysctls) == (("/made",), {"a.b": "1"})


def test_plan_after_a_restart_touches_files_only() -> None:
    plan = teardown.plan(example(), "another-boot", lambda process: True)
    assert plan == teardown.Plan({}, (), (), (), ("/made",), {})
