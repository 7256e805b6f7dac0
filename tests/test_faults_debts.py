"""What a fault breaks is undone: at its end, after an interrupt, and by `heal` after the run was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import debts
from faults.debts import Continue, End, HostProcess, Ledger, Plug, Remove, Start, Unfilter, Volumes, pay_leftovers

from sandbox.processes import read_stat

NOBODY = HostProcess(pid=2**22 + 1, start_time=1)
"""Beyond the numbers that Linux gives."""

VOLUMES = Volumes("/home/kubeconfig", "mysql-test-1", "/home/volumes")


@pytest.fixture
def process() -> Iterator[HostProcess]:
    """A process that can be stopped."""
    started = subprocess.Popen(["sleep", "60"])
    yield HostProcess.of(started.pid)
    started.kill()
    started.wait()


def state(process: HostProcess) -> str:
    found = read_stat(process.pid)
    return found.state if found else "gone"


def stop(process: HostProcess) -> None:
    os.kill(process.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)


def test_a_stopped_process_goes_on_at_the_end(process: HostProcess, tmp_path: Path) -> None:
    with Ledger(tmp_path).owing(Continue(process)):
        stop(process)
        assert state(process) == "T"
        assert len(list(tmp_path.iterdir())) == 1
    assert state(process) != "T"
    assert not list(tmp_path.iterdir())


def test_it_goes_on_after_an_interrupt(process: HostProcess, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Ledger(tmp_path).owing(Continue(process)):
        stop(process)
        raise KeyboardInterrupt
    assert state(process) != "T"


def test_one_debt_that_cannot_be_paid_does_not_keep_the_others(process: HostProcess, tmp_path: Path) -> None:
    folder = tmp_path / "no-file"
    folder.mkdir()
    with pytest.raises(OSError), Ledger(tmp_path).owing(Continue(process), Remove(str(folder))):
        stop(process)
    assert state(process) != "T"


def test_heal_pays_what_a_killed_run_owes(process: HostProcess, tmp_path: Path) -> None:
    stop(process)
    ballast = tmp_path / "ballast"
    ballast.touch()
    owed = [Continue(process), Remove(str(ballast))]
    (tmp_path / f"{NOBODY.pid}.json").write_text(json.dumps([debts.written(debt) for debt in owed]))
    assert pay_leftovers(tmp_path) == owed
    assert state(process) != "T"
    assert not list(tmp_path.iterdir())


def test_heal_leaves_a_run_alone_that_goes_on(process: HostProcess, tmp_path: Path) -> None:
    stop(process)
    (tmp_path / f"{os.getpid()}.json").write_text(json.dumps([debts.written(Continue(process))]))
    assert pay_leftovers(tmp_path) == []
    assert state(process) == "T"


def test_another_process_with_the_same_number_is_left_alone(process: HostProcess) -> None:
    reused = HostProcess(process.pid, process.start_time - 1)
    stop(process)
    Continue(reused).pay()
    End(reused).pay()
    assert state(process) == "T"


@pytest.mark.parametrize("debt", [Continue(NOBODY), End(NOBODY), Unfilter(NOBODY), Remove("/nonexistent/file")])
def test_what_is_gone_needs_nothing(debt: debts.Debt) -> None:
    debt.pay()


@pytest.mark.parametrize(
    "debt", [Continue(NOBODY), End(NOBODY), Unfilter(NOBODY), Plug(2), Start(3), Remove("/x"), VOLUMES]
)
def test_debts_are_read_as_they_were_written(debt: debts.Debt) -> None:
    assert debts.read(json.loads(json.dumps(debts.written(debt)))) == debt
