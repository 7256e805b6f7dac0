"""From an empty namespace to three members that replicate."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sandbox import on_demand
from sandbox.progress import Reporter

from .. import stacks
from ..case import Case, Comparison, Measure, Subject, Target

TIME = Measure("seconds", "time", "s")
APPLIED, BY_PULUMI, TUTORIAL = "ours, by `kubectl apply`", "ours, by `make up`", "the tutorial's, by `kubectl apply`"


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    on_demand.provide("mariadb", Reporter())
    with tempfile.TemporaryDirectory() as folder:
        yield [
            Subject(APPLIED, partial(_applied, Path(folder))),
            Subject(TUTORIAL, _tutorial),
            Subject(BY_PULUMI, partial(_by_pulumi, Path(folder))),
        ]


def _applied(folder: Path) -> dict[str, float]:
    with stacks.ours(folder, "mariadb", kind="replication", members=stacks.MEMBERS) as deployment:
        manifests = stacks.manifests_of(deployment)
        began = time.monotonic()
        stacks.apply(deployment.kube, manifests)
        return _until_replicating(stacks.stack_of(deployment), began)


def _by_pulumi(folder: Path) -> dict[str, float]:
    with stacks.ours(folder, "mariadb", kind="replication", members=stacks.MEMBERS) as deployment:
        began = time.monotonic()
        deployment.up()
        return _until_replicating(stacks.stack_of(deployment), began)


def _tutorial() -> dict[str, float]:
    with stacks.tutorial() as stack:
        manifests = stacks.manifests_of_tutorial()
        began = time.monotonic()
        stacks.apply(stack.kube, manifests)
        return _until_replicating(stack, began)


def _until_replicating(stack: stacks.Stack, began: float) -> dict[str, float]:
    stack.until_replicating()
    return {TIME.name: time.monotonic() - began}


CASE = Case(
    name="start",
    title="Three members from nothing",
    about=(
        "From the command in an empty namespace until three members are ready and a row that is written on the "
        "primary can be read on both replicas. MariaDB on both sides, on the same nodes, with the images already "
        "there. The reference is the StatefulSet of the Kubernetes tutorial on replicated MySQL, its mechanism kept "
        "(`bench/manifests/tutorial.yaml`): an ordered start, a physical backup streamed from the member before, a "
        "sidecar. It has no passwords, no TLS and no limits, which all take time from ours. Its server's container "
        "initialises the data directory in fewer steps than the usual image's script, which is in its favour. "
        "`make up` runs the program as well, makes certificates and passwords, and waits for what it deployed."
    ),
    found=(
        "The tutorial's members start one after another, each with a copy of the one before. Ours start at once, each "
        "with a data directory of its own, all on the same processors here. A new primary holds nothing but what its "
        "agent has written, and its binary log holds that, too: so its replicas apply the log in place of a copy, and "
        "are ready soon after it. Nearly all of the time that is left is that of Kubernetes, of containers and of "
        "servers that start. `make up` adds two runs of the program and the plugins."
    ),
    measures=(TIME,),
    comparisons=(
        Comparison(TIME.name, APPLIED, TUTORIAL, Target("at most", 0.5)),
        Comparison(TIME.name, BY_PULUMI, TUTORIAL, Target("at most", 0.5)),
    ),
    stage=stage,
    needs="root, the local Kubernetes, `kubectl`",
)
