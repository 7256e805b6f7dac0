"""`up`: makes the cluster what the stack says, and ends early with one message where that cannot succeed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from . import namespace, recover, unfinished
from .console import say, show
from .errors import FAILED, OperateError
from .kube import Kube
from .pulumi import Pulumi
from .session import Session
from .summary import summary
from .watch import Outcome, Watch

UP = ("up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress")


def up(session: Session) -> None:
    started = time.monotonic()
    pulumi = session.pulumi
    with ThreadPoolExecutor(max_workers=1) as pool:
        ready = pool.submit(_ready_stack, pulumi)
        kube = _ready_cluster(session)
        ready.result()
    watch = Watch(kube, session.declared, _stamped(started))
    options = unfinished.options(session.project)
    if options:
        say("The last run did not succeed: asking the cluster first what became of it.")
    unfinished.note(session.project)
    with pulumi.start(*UP, *options) as running:
        outcome = watch.run(running)
    if outcome.status != 0:
        raise OperateError(failure(outcome), FAILED)
    unfinished.forget(session.project)
    outputs = pulumi.outputs() or {}
    show(summary(outputs, session.project.stack, time.monotonic() - started))


def failure(outcome: Outcome) -> str:
    """The message that the run ends with."""
    if outcome.problem is None:
        return "pulumi did not succeed; its message is above."
    log = [f"  | {line}" for line in outcome.log]
    return "\n".join([str(outcome.problem), *(["Its last log lines:", *log] if log else [])])


def _ready_cluster(session: Session) -> Kube:
    kube = session.connect()
    target = session.declared
    where = f"namespace {target.namespace} on {kube.server} ({kube.context})"
    say(f"Stack {session.project.stack}: {target.name} in {where}")
    namespace.ensure(kube, target.namespace, say)
    return kube


def _ready_stack(pulumi: Pulumi) -> None:
    """Make the stack if need be, and clear away what a killed run left."""
    deployment = pulumi.export()
    if deployment is None:
        pulumi.create()
        return
    recover.unlock(pulumi, say)
    recover.adopt_interrupted(pulumi, deployment, say)


def _stamped(started: float) -> Callable[[str], None]:
    def say_when(text: str) -> None:
        say(f"{time.monotonic() - started:5.0f} s  {text}")

    return say_when
