"""What a program costs: time, processor time and memory, those of every process that it starts included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .case import Measure
from .paths import BENCH

SECONDS = Measure("seconds", "time", "s")
PROCESSOR = Measure("processor", "processor time", "s")
MEMORY = Measure("memory", "peak memory", "bytes")
"""Resident memory of all its processes together, looked at five times a second; of the largest one if that is more."""
ALL = (SECONDS, PROCESSOR, MEMORY)


class CommandFailed(Exception):
    """A program that was to be measured did not do its work; the text is what it said."""


def of_command(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> dict[str, float]:
    """Run a program to its end. Raises CommandFailed with the last it said if it fails."""
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-S", str(BENCH / "launcher.py"), str(writing), *argv]
    with os.fdopen(reading) as report:
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=env, cwd=cwd, pass_fds=[writing],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        os.close(writing)
        said, _ = process.communicate()
        seconds = time.monotonic() - began
        told = report.read()
    cost = json.loads(told) if told else {"status": process.returncode}
    if cost["status"] != 0:
        raise CommandFailed(f"`{' '.join(argv[:4])}` ended with status {cost['status']}: {said[-1500:].strip()}")
    return {SECONDS.name: seconds, PROCESSOR.name: cost["processor"], MEMORY.name: cost["memory"]}
