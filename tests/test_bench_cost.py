"""What a program costs, as the kernel counts it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from bench import cost

BUSY = "import time\nend = time.process_time() + {0}\nwhile time.process_time() < end: pass"


def python(text: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", text]


def test_time_and_processor_time() -> None:
    found = cost.of_command(python(BUSY.format(0.3)))
    assert 0.3 <= found["processor"] < 1.5
    assert found["seconds"] >= 0.3


def test_memory_is_the_programs_own_and_not_that_of_whoever_starts_it() -> None:
    held = bytearray(200_000_000)
    small = cost.of_command(python("pass"))
    large = cost.of_command(python("held = bytearray(b'x') * 100_000_000"))
    assert len(held) > small["memory"] > 1_000_000
    assert 100_000_000 < large["memory"] - small["memory"] + 20_000_000 < 150_000_000


def test_processes_that_a_program_leaves_behind_count_and_are_ended(tmp_path: Path) -> None:
    busy = tmp_path / "busy.py"
    busy.write_text(f"{BUSY.format(0.3)}\nopen({str(tmp_path / 'done')!r}, 'w').close()\ntime.sleep(600)")
    leave = (
        "import os, subprocess, sys, time\n"
        f"subprocess.Popen([{sys.executable!r}, '-I', '-S', {str(busy)!r}], stdout=subprocess.DEVNULL, stderr=-3)\n"
        f"while not os.path.exists({str(tmp_path / 'done')!r}): time.sleep(0.01)"
    )
    began = time.monotonic()
    found = cost.of_command(python(leave))
    assert found["processor"] >= 0.3
    assert time.monotonic() - began < 300


def test_a_program_that_fails_is_an_error_with_what_it_said() -> None:
    with pytest.raises(cost.CommandFailed, match=r"ended with status 3: out of coal"):
        cost.of_command(python("print('out of coal'); raise SystemExit(3)"))
