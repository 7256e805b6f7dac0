"""`status`: looks at the members, once or again and again."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import backups, members, observe, routers
from .console import show
from .errors import DEGRADED, NOTHING_DEPLOYED, OperateError
from .kube import Kube
from .members import Status
from .session import Session
from .summary import hosts
from .target import Target, deployed

if TYPE_CHECKING:
    from rich.console import RenderableType

WATCH_SECONDS = 2.0


def look(kube: Kube, target: Target) -> Status:
    seen = observe.objects(kube, target)
    answers = observe.ask(kube, target.namespace, seen.pods)
    seen = replace(seen, states=answers.states)
    status = members.status(target.name, target.namespace, seen, answers.silent, datetime.now(UTC))
    return with_backups(kube, target, with_routers(kube, target, status))


def with_routers(kube: Kube, target: Target, status: Status) -> Status:
    """The same with the Routers in front, where there are any."""
    found = routers.look(kube, target)
    wrong = [str(problem) for problem in routers.problems(kube, target)] if routers.warnings(found) else []
    return replace(status, routers=found, warnings=[*status.warnings, *routers.warnings(found), *wrong])


def with_backups(kube: Kube, target: Target, status: Status) -> Status:
    """The same with what the keeper of the backups says, where there is one."""
    if kube.stateful_set(target.namespace, f"{target.name}-backup") is None:
        return status
    try:
        state = backups.ask_keeper(kube, target, "state")
    except OperateError as error:
        return replace(status, warnings=[*status.warnings, error.message])
    _, warnings = backups.state_lines(state)
    return replace(status, backup=state, warnings=[*status.warnings, *warnings])


def exit_code(status: Status) -> int:
    if not status.declared and not status.members:
        return NOTHING_DEPLOYED
    return 0 if status.healthy else DEGRADED


def print_table(session: Session) -> int:
    outputs, status = _once(session)
    _draw(status, hosts(outputs))
    return exit_code(status)


def print_json(session: Session) -> int:
    outputs, status = _once(session)
    show(json.dumps({**status.as_json(), "hosts": hosts(outputs)}, indent=2))
    return exit_code(status)


def watch(session: Session) -> None:
    """Until Ctrl-C. A server that does not answer for a moment is shown like any other news."""
    from rich.live import Live

    outputs = session.pulumi.outputs() or {}
    kube = session.connect()
    target = deployed(outputs, session.declared)
    with Live(auto_refresh=False, screen=True) as live:
        while True:
            live.update(_picture(kube, target, hosts(outputs)), refresh=True)
            time.sleep(WATCH_SECONDS)


def _picture(kube: Kube, target: Target, addresses: dict[str, str]) -> RenderableType:
    from .table import draw

    try:
        return draw(look(kube, target), addresses)
    except OperateError as error:
        return error.message


def _once(session: Session) -> tuple[dict[str, object], Status]:
    outputs = session.pulumi.outputs() or {}
    return outputs, look(session.connect(), deployed(outputs, session.declared))


def _draw(status: Status, addresses: dict[str, str]) -> None:
    from rich.console import Console

    from .table import draw

    console = Console()
    if exit_code(status) == NOTHING_DEPLOYED:
        console.print(f"Nothing is deployed: there is no {status.name} in namespace {status.namespace}. Run `make up`.")
        return
    console.print(draw(status, addresses))
