"""What `pulumi up` costs when nothing has changed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from cluster.support.project import small_cluster

from mysql_k8s import MySQLClusterArgs
from sandbox import pins

from .. import cost, plain_objects, stacks
from ..case import Case, Comparison, Subject, Target
from ..paths import PROGRAMS
from ..pulumi_project import PulumiProject
from ..renaming import FIRST

PROGRAM_FILES = {
    "`MySQLCluster`": "clusters.py",
    "the same objects from plain data": "plain.py",
    "a bare StatefulSet": "stateful_sets.py",
}
COMPONENT, PLAIN, BARE = PROGRAM_FILES
UP = ("up", "--yes", "--skip-preview", "--stack", "bench")


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield [_subject(stack, folder / str(n), *each) for n, each in enumerate(PROGRAM_FILES.items())]


def _subject(stack: ExitStack, folder: Path, name: str, file: str) -> Subject:
    """Deployed once, each in a namespace of its own."""
    kube = stack.enter_context(stacks.namespace(FIRST))
    arguments = small_cluster(kube.namespace, kind="replication", members=stacks.MEMBERS)
    folder.mkdir()
    objects = folder / "objects.json"
    plain_objects.write(objects, MySQLClusterArgs.model_validate(arguments))
    environment = {
        "BENCH_COUNT": "1", "BENCH_OBJECTS": str(objects), "BENCH_ARGUMENTS": json.dumps(arguments),
        "BENCH_IMAGE": pins.PAUSE_IMAGE, "BENCH_NAMESPACE": kube.namespace,
    }  # fmt: skip
    project = PulumiProject(folder / "project", PROGRAMS / file, kube.kubeconfig, environment)
    project.run(*UP)
    return Subject(name, partial(project.run, *UP))


CASE = Case(
    name="unchanged",
    title="`pulumi up` without a change",
    about=(
        "`pulumi up --skip-preview` of a program with one running cluster of three members, as it is deployed. One "
        "reference makes the same Kubernetes objects from plain data, another one bare StatefulSet. Ten times as many "
        "running members do not fit on one machine: what more clusters cost, the preview of a new stack shows."
    ),
    found=(
        "The references have no passwords, no certificates and no check of the claim template: see the preview of a "
        "new stack."
    ),
    measures=cost.ALL,
    comparisons=(
        Comparison("processor", COMPONENT, PLAIN, Target("at most", 1.2)),
        Comparison("seconds", COMPONENT, PLAIN),
        Comparison("memory", COMPONENT, PLAIN),
        Comparison("seconds", COMPONENT, BARE),
    ),
    stage=stage,
    needs="the local Kubernetes",
)
