"""`preview` and `outputs`: what pulumi would do and what that does, and what pulumi knows."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..changes import as_json, as_markdown
from ..changes.classify import Report
from ..changes.effect import Effect
from . import planned
from .console import show
from .errors import DATA_AT_RISK, FAILED, NOTHING_DEPLOYED, OperateError
from .session import Session

Draw = Callable[[Report, str], None]


def preview(session: Session, draw: Draw) -> int:
    """Exit status: 0; 1 if something refuses it, so that `up` would end the same way; 4 if data is at risk."""
    if session.pulumi.export() is None:
        session.pulumi.create()
    report = planned.judge(session, planned.plan(session))
    draw(report, session.project.stack)
    return exit_code(report)


def exit_code(report: Report) -> int:
    if any(change.effect is Effect.DATA_AT_RISK for change in report.changes):
        return DATA_AT_RISK
    return FAILED if report.effect is Effect.REFUSED else 0


def as_tree(report: Report, _stack: str) -> None:
    from .preview_tree import show_tree

    show_tree(report)


def as_markdown_text(report: Report, stack: str) -> None:
    show(as_markdown.render(report, stack).rstrip())


def as_json_text(report: Report, _stack: str) -> None:
    show(json.dumps(as_json.document(report), indent=2))


def outputs(session: Session) -> str:
    found = session.pulumi.outputs()
    if not found:
        raise OperateError(f"Stack {session.project.stack} has no outputs: nothing is deployed.", NOTHING_DEPLOYED)
    return json.dumps(found, indent=2)
