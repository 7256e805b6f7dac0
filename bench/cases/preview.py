"""What `pulumi preview` costs, by the number of clusters in one program."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sandbox.layout import Layout
from sandbox.paths import state_root

from .. import cost, plain_objects
from ..case import Case, Comparison, Measure, Subject, Target
from ..paths import PROGRAMS
from ..pulumi_project import PulumiProject
from ..renaming import renamed

COUNTS = tuple(int(count) for count in os.environ.get("CLUSTERS", "1,10").split(","))
"""CLUSTERS=1,10,100 adds the largest program, which takes minutes a sample."""

KINDS = {
    "`MySQLCluster`": "clusters.py",
    "the same objects from plain data": "plain.py",
    "bare StatefulSets": "stateful_sets.py",
}
COMPONENT, PLAIN, BARE = KINDS
KUBECTL = "`kubectl apply --server-side --dry-run=server` of the objects"
PER_CLUSTER = Measure("processor each", "processor time for each cluster", "s")


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    kubeconfig = str(Layout(state_root()).kubeconfig)
    with tempfile.TemporaryDirectory() as folder:
        objects = Path(folder) / "objects.json"
        plain_objects.write(objects)
        yield [*_previews(Path(folder), objects, kubeconfig), *_applied(Path(folder), objects, kubeconfig)]


def _previews(folder: Path, objects: Path, kubeconfig: str) -> Iterator[Subject]:
    for number, (count, (kind, file)) in enumerate(itertools.product(COUNTS, KINDS.items())):
        environment = {"BENCH_COUNT": str(count), "BENCH_OBJECTS": str(objects)}
        project = PulumiProject(folder / str(number), PROGRAMS / file, kubeconfig, environment)
        yield Subject(named(kind, count), partial(_preview, project, count))


def _preview(project: PulumiProject, count: int) -> dict[str, float]:
    return _with_share(project.run("preview", "--stack", "bench"), count)


def _applied(folder: Path, objects: Path, kubeconfig: str) -> Iterator[Subject]:
    first = json.loads(objects.read_text())
    for count in COUNTS:
        file = folder / f"manifests-{count}.json"
        described = [each for number in range(count) for each in renamed(first, f"bench-{number}")]
        file.write_text(plain_objects.as_list(plain_objects.manifests(described)))
        command = [
            "kubectl",
            f"--kubeconfig={kubeconfig}",
            "apply",
            "--server-side",
            "--dry-run=server",
            "--filename",
            str(file),
        ]
        yield Subject(named(KUBECTL, count), partial(_apply, command, count))


def _apply(command: list[str], count: int) -> dict[str, float]:
    return _with_share(cost.of_command(command), count)


def _with_share(values: dict[str, float], count: int) -> dict[str, float]:
    return {**values, PER_CLUSTER.name: values["processor"] / count}


def named(kind: str, count: int) -> str:
    return f"{count} x {kind}"


def comparisons() -> Iterator[Comparison]:
    for count in (1, 10, 100):
        for measure in ("seconds", "processor", "memory"):
            target = Target("at most", 1.2) if measure != "memory" else None
            yield Comparison(measure, named(COMPONENT, count), named(PLAIN, count), target)
        yield Comparison("seconds", named(COMPONENT, count), named(BARE, count))
        yield Comparison("seconds", named(COMPONENT, count), named(KUBECTL, count))
    for less, more in ((1, 10), (10, 100)):
        linear = Target("at most", 1.2)
        yield Comparison(PER_CLUSTER.name, named(COMPONENT, more), named(COMPONENT, less), linear)


CASE = Case(
    name="preview",
    title="Preview of a new stack",
    about=(
        "`pulumi preview` of a program with so many clusters of three members, on the local Kubernetes. Processor time "
        "and memory are those of the CLI, its plugins and the program together. One reference makes the same "
        "Kubernetes objects from plain data, another as many bare StatefulSets. The target for the component's own "
        "share, a fifth, stands as a ratio of 1.2 to the program with the same objects."
    ),
    found=(
        "The references have no passwords, no certificates and no check of the claim template: with the component "
        "these are seven more resources for each cluster, and Pulumi asks a process beside the program about each. "
        "With one cluster, starting that process and loading pydantic is most of the difference. In a profile of "
        "twenty clusters under mocks a quarter of the program's processor time is in the component's code and the rest "
        "in Pulumi's own; with a hundred, what Pulumi does for that many resources leaves no difference to speak of."
    ),
    measures=(*cost.ALL, PER_CLUSTER),
    comparisons=tuple(comparisons()),
    stage=stage,
    needs="the local Kubernetes",
)
