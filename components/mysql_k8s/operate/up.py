"""`up`: makes the cluster what the stack says, and ends early with one message where that cannot succeed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from . import grow, namespace, policy_packs, recover, tools, unfinished
from .console import say, show
from .documents import Json, text
from .errors import FAILED, OperateError
from .kube import Kube
from .pulumi import Pulumi
from .session import Session
from .summary import summary
from .vanished import is_vanished, refusal
from .watch import Outcome, Watch

UP = ("up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress")
REFRESH = ("--refresh",)


def up(session: Session) -> None:
    started = time.monotonic()
    pulumi = session.pulumi
    with ThreadPoolExecutor(max_workers=1) as pool:
        ready = pool.submit(_ready_stack, pulumi)
        kube = _connect(session)
        refresh = _asks_first(session, kube, ready.result())
    namespace.ensure(kube, session.declared.namespace, say)
    watch = Watch(kube, session.declared, _stamped(started))
    unfinished.note(session.project)
    with pulumi.start(*UP, *refresh, *policy_packs.options(session.project)) as running:
        outcome = watch.run(running)
    if outcome.status != 0:
        raise OperateError(failure(outcome), FAILED)
    outputs = pulumi.outputs() or {}
    grow.renew_template(kube, session.declared, text(outputs, "plan", "storage_per_member"), say)
    unfinished.forget(session.project)
    show(summary(outputs, session.project.stack, time.monotonic() - started))


def failure(outcome: Outcome) -> str:
    """The message that the run ends with."""
    if outcome.problem is None:
        return "pulumi did not succeed; its message is above."
    log = [f"  | {line}" for line in outcome.log]
    return "\n".join([str(outcome.problem), *(["Its last log lines:", *log] if log else [])])


def _connect(session: Session) -> Kube:
    kube = session.connect()
    target = session.declared
    where = f"namespace {target.namespace} on {kube.server} ({kube.context})"
    say(f"Stack {session.project.stack}: {target.name} in {where}")
    return kube


def _ready_stack(pulumi: Pulumi) -> Json:
    """Make the stack if need be, and clear away what a killed run left. Returns what the backend knows of it."""
    deployment = pulumi.export()
    if deployment is None:
        pulumi.create()
        return {}
    recover.unlock(pulumi, say)
    recover.adopt_interrupted(pulumi, deployment, say)
    return deployment


def _asks_first(session: Session, kube: Kube, deployment: Json) -> tuple[str, ...]:
    """The option that makes pulumi ask the cluster what there is, where its own state may be wrong."""
    project = session.project
    if is_vanished(deployment, kube.namespace(session.declared.namespace)):
        if not tools.is_local(project):
            unfinished.note(project)
            raise refusal(project.stack, session.declared.namespace, kube.server)
        say("The local Kubernetes is a new one: building the stack anew, with the passwords that it had.")
        return REFRESH
    if unfinished.exists(project):
        say("The last run did not succeed: asking the cluster first what became of it.")
        return REFRESH
    return ()


def _stamped(started: float) -> Callable[[str], None]:
    def say_when(text: str) -> None:
        say(f"{time.monotonic() - started:5.0f} s  {text}")

    return say_when
