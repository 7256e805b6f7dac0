"""What it costs to build one component, without an engine."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from .. import cost, plain_objects
from ..case import Case, Comparison, Subject, Target
from ..paths import PROGRAMS, python_path

PROGRAM_FILES = {
    "nothing": "nothing.py",
    "a bare StatefulSet": "stateful_sets.py",
    "the same objects from plain data": "plain.py",
    "`MySQLCluster`": "clusters.py",
}
_, STATEFUL_SET, PLAIN, COMPONENT = PROGRAM_FILES


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    with tempfile.TemporaryDirectory() as folder:
        objects = Path(folder) / "objects.json"
        plain_objects.write(objects)
        given = {"PYTHONPATH": python_path(), "BENCH_COUNT": "1", "BENCH_OBJECTS": str(objects)}
        environment = {**os.environ, **given}
        yield [
            Subject(name, partial(cost.of_command, _command(file), env=environment))
            for name, file in PROGRAM_FILES.items()
        ]


def _command(file: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / "under_mocks.py"), str(PROGRAMS / file)]


CASE = Case(
    name="component",
    title="One component under mocks",
    about=(
        "A new Python process imports the library, registers one cluster with a recording engine in the same process, "
        "and ends: import, validation, building, and the passwords and certificates, which on a real stack a "
        "provider's process makes. The reference registers the same Kubernetes objects from plain data."
    ),
    found=(
        "Here the certificates are made in the program's own process, so `cryptography` counts; on a real stack it is "
        "loaded by the provider's process alone. Earlier the recording engine loaded it for the references too: that "
        "is why the ratio of memory grew although the component takes no more. The rest is pydantic, the models of the "
        "arguments, and the classes of seven resources more."
    ),
    measures=cost.ALL,
    comparisons=(
        Comparison("processor", COMPONENT, PLAIN, Target("at most", 1.2)),
        Comparison("memory", COMPONENT, PLAIN, Target("at most", 1.2)),
        Comparison("processor", COMPONENT, STATEFUL_SET),
    ),
    stage=stage,
)
