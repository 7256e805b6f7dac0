"""`preview` and `outputs`: what pulumi would do and what that does, and what pulumi knows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..changes import as_json, as_markdown, policies
from ..changes.classify import Report, classify
from ..changes.effect import Effect
from ..changes.refusals import Refusal, way_out
from . import data_guard, policy_packs
from .console import show
from .documents import Json, rows
from .errors import DATA_AT_RISK, FAILED, NOTHING_DEPLOYED, OperateError
from .growth import growing
from .kube import NotFoundError
from .session import Session

LINE = 1000
"""Characters to a line where no terminal says otherwise: a log shows every word."""

Draw = Callable[[Report, str], None]


def preview(session: Session, draw: Draw) -> int:
    """Exit status: 0; 1 if something refuses it, so that `up` would end the same way; 4 if data is at risk."""
    if session.pulumi.export() is None:
        session.pulumi.create()
    with tempfile.TemporaryDirectory() as folder:
        digest, event_log = _previewed(session, Path(folder))
    report = policies.judged(classify(digest), event_log)
    report = _growth_asked(session, _guarded(session, report, digest))
    draw(report, session.project.stack)
    return exit_code(report)


def exit_code(report: Report) -> int:
    if any(change.effect is Effect.DATA_AT_RISK for change in report.changes):
        return DATA_AT_RISK
    return FAILED if report.effect is Effect.REFUSED else 0


def as_tree(report: Report, _stack: str) -> None:
    from rich.console import Console

    from .preview_tree import draw

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = LINE
    console.print(draw(report))


def as_markdown_text(report: Report, stack: str) -> None:
    show(as_markdown.render(report, stack).rstrip())


def as_json_text(report: Report, _stack: str) -> None:
    show(json.dumps(as_json.document(report), indent=2))


def outputs(session: Session) -> str:
    found = session.pulumi.outputs()
    if not found:
        raise OperateError(f"Stack {session.project.stack} has no outputs: nothing is deployed.", NOTHING_DEPLOYED)
    return json.dumps(found, indent=2)


def _previewed(session: Session, folder: Path) -> tuple[Json, list[str]]:
    """One run of pulumi: its digest, and the events that the digest leaves out."""
    digest, events = folder / "digest.json", folder / "events.json"
    options = policy_packs.options(session.project)
    status = session.pulumi.record(digest, "preview", "--json", "--event-log", str(events), *options)
    try:
        found: Json = json.loads(digest.read_text())
    except ValueError:
        raise OperateError("pulumi did not succeed; its message is above.") from None
    if status != 0 and not found.get("diagnostics"):
        found["diagnostics"] = [{"severity": "error", "message": f"pulumi ended with status {status}"}]
    return found, events.read_text().splitlines() if events.exists() else []


def _guarded(session: Session, report: Report, digest: Json) -> Report:
    project = session.project
    allowed = data_guard.allowed(project.config(), project.name)
    found = data_guard.refusals(rows(digest, "steps"), allowed)
    advice = f"If that is meant, name it in the stack file: {project.name}:{data_guard.ALLOW}"
    refused = (Refusal(each.name, str(each), f"{advice}: [{each.name}]") for each in found)
    return replace(report, refusals=(*report.refusals, *refused))


def _growth_asked(session: Session, report: Report) -> Report:
    """Pulumi takes a StorageClass that lets nothing grow for a right that it lacks, and goes on. So ask."""
    wanted = growing(report)
    if not wanted:
        return report
    kube = session.connect()
    refused: list[Refusal] = []
    for claim in wanted:
        try:
            kube.try_claim_size(claim.namespace, claim.name, claim.size)
        except NotFoundError:
            continue  # a member that is being rebuilt: its claim comes with the template's size
        except OperateError as error:
            refused.append(Refusal(claim.name, error.message, way_out(error.message)))
    return replace(report, refusals=(*report.refusals, *refused))
