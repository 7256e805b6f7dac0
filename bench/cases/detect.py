"""How soon Kubernetes knows that a server does not answer any more."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial

from cluster.support.kube import is_ready
from cluster.support.processes import mysqld_pid
from cluster.support.waiting import wait_until

from sandbox import containers

from .. import stacks
from ..case import Case, Comparison, Measure, Subject

STOPPED = 2
"""A replica."""
LIMIT_SECONDS = 120.0
SETTLE_SECONDS = 5.0

OURS, TUTORIAL = "ours", "the tutorial's"
TIME = Measure("seconds", "time", "s")


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    with stacks.both() as (deployment, tutorial):
        yield [
            Subject(OURS, partial(_sample, stacks.stack_of(deployment), mysqld_pid)),
            Subject(TUTORIAL, partial(_sample, tutorial, _tutorials_server)),
        ]


def _tutorials_server(namespace: str, pod: str) -> int:
    return containers.host_pid(namespace, pod, "server")


def _sample(stack: stacks.Stack, server: Callable[[str, str], int]) -> dict[str, float]:
    """From SIGSTOP to the server until its pod is not ready. It goes on after that."""
    pod = stack.pod(STOPPED)
    number = server(stack.kube.namespace, pod)
    began = time.monotonic()
    os.kill(number, signal.SIGSTOP)
    try:
        wait_until(f"{pod} not to be ready", lambda: not _ready(stack, pod), LIMIT_SECONDS, every=stacks.LOOK_SECONDS)
        seconds = time.monotonic() - began
    finally:
        os.kill(number, signal.SIGCONT)
    wait_until(f"{pod} to be ready", lambda: _ready(stack, pod), LIMIT_SECONDS, every=stacks.LOOK_SECONDS)
    time.sleep(SETTLE_SECONDS)
    return {TIME.name: seconds}


def _ready(stack: stacks.Stack, pod: str) -> bool:
    found = stack.kube.pod(pod)
    return found is not None and is_ready(found)


CASE = Case(
    name="detect",
    title="A server that does not answer",
    about=(
        "A replica's server is stopped (SIGSTOP): from then until its pod is not ready, so that no Service leads to it "
        "any more. The reference is the tutorial's readiness probe, a client that is started in the server's container "
        "every 2 s. MariaDB on both sides."
    ),
    found=(
        "The agent gives a replica's server 4 s to answer, so that one that stands still for 3 s stays in its "
        "Services; then the kubelet asks twice. The tutorial's probe has 1 s, three times. Earlier the agent gave it "
        "10 s, as it still does a primary that nobody can succeed."
    ),
    measures=(TIME,),
    comparisons=(Comparison(TIME.name, OURS, TUTORIAL),),
    stage=stage,
    needs="root, the local Kubernetes, `kubectl`",
)
