"""`up`: makes the cluster what the stack says, and ends early with one message where that cannot succeed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ..changes.headline import headline
from . import grow, namespace, planned, policy_packs, preflight, recover, restore, tools, unfinished
from .console import say, show
from .documents import Json, text
from .errors import FAILED, OperateError
from .kube import Kube
from .preview_tree import show_tree
from .pulumi import Pulumi
from .session import Session
from .settled import is_settled, recorded_outputs
from .summary import summary
from .vanished import is_vanished, lacks_stateful_set, refusal
from .watch import Outcome, Watch

UP = ("up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress")
REFRESH = ("--refresh",)


def up(session: Session) -> None:
    started = time.monotonic()
    pulumi = session.pulumi
    with ThreadPoolExecutor(max_workers=1) as pool:
        ready = pool.submit(_ready_stack, pulumi)
        kube = _connect(session)
        deployment = ready.result()
        refresh = _asks_first(session, kube, deployment)
    restore.refuse_while_half_done(kube, session.declared)
    namespace.ensure(kube, session.declared.namespace, say)
    if _is_done(session, refresh):
        outputs = recorded_outputs(deployment)
    else:
        _update(session, Watch(kube, session.declared, _stamped(started)), refresh)
        outputs = pulumi.outputs() or {}
    grow.renew_template(kube, session.declared, text(outputs, "plan", "storage_per_member"), _noting(session))
    unfinished.forget(session.project)
    preflight.check(kube, session.declared, say)
    show(summary(outputs, session.project.stack, time.monotonic() - started))


def _is_done(session: Session, refresh: tuple[str, ...]) -> bool:
    """Say what the update will do; False if there is anything to do. Raises OperateError if anything refuses it."""
    plan = planned.plan(session, *refresh)
    report = planned.judge(session, plan)
    if report.refusals:
        show_tree(report)
        raise OperateError("Nothing was changed: the reasons and the ways out are above.", FAILED)
    if not refresh and is_settled(plan.digest, plan.events):
        say(f"Nothing to do: all {report.unchanged} resources are as the program describes them.")
        return True
    if report.changes:
        say(headline(report))
    return False


def _update(session: Session, watch: Watch, refresh: tuple[str, ...]) -> None:
    unfinished.note(session.project)
    with session.pulumi.start(*UP, *refresh, *policy_packs.options(session.project)) as running:
        outcome = watch.run(running)
    if outcome.status != 0:
        raise OperateError(failure(outcome), FAILED)


def failure(outcome: Outcome) -> str:
    """The message that the run ends with."""
    if outcome.problem is None:
        return "pulumi did not succeed; its message is above."
    log = [f"  | {line}" for line in outcome.log]
    return "\n".join([str(outcome.problem), *(["Its last log lines:", *log] if log else [])])


def _noting(session: Session) -> Callable[[str], None]:
    """Also where pulumi had nothing to do: if this is cut short, the next run must ask the cluster first."""

    def begin(what: str) -> None:
        unfinished.note(session.project)
        say(what)

    return begin


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
    if lacks_stateful_set(deployment, kube.stateful_set(session.declared.namespace, session.declared.name)):
        unfinished.note(project)
        say(f"StatefulSet {session.declared.name} is gone, though pulumi made it: asking the cluster first.")
        return REFRESH
    return ()


def _stamped(started: float) -> Callable[[str], None]:
    def say_when(text: str) -> None:
        say(f"{time.monotonic() - started:5.0f} s  {text}")

    return say_when
