"""What pulumi plans for a stack, and what is to be said of it before anything is done."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from ..changes import policies
from ..changes.classify import Report, classify
from ..changes.refusals import Refusal, way_out
from . import data_guard, policy_packs
from .documents import Json, rows
from .errors import OperateError
from .growth import growing
from .kube import NotFoundError
from .session import Session


@dataclass(frozen=True)
class Plan:
    """The digest of one `pulumi preview --json`, and the events that the digest leaves out, as JSON lines."""

    digest: Json
    events: list[str]


def plan(session: Session, *options: str) -> Plan:
    """One run of pulumi that changes nothing. Raises OperateError where it has nothing to say."""
    with tempfile.TemporaryDirectory() as folder:
        digest, events = Path(folder) / "digest.json", Path(folder) / "events.json"
        options = (*options, *policy_packs.options(session.project))
        status = session.pulumi.record(digest, "preview", "--json", "--event-log", str(events), *options)
        try:
            found: Json = json.loads(digest.read_text())
        except ValueError:
            raise OperateError("pulumi did not succeed; its message is above.") from None
        if status != 0 and not found.get("diagnostics"):
            found["diagnostics"] = [{"severity": "error", "message": f"pulumi ended with status {status}"}]
        return Plan(found, events.read_text().splitlines() if events.exists() else [])


def judge(session: Session, found: Plan) -> Report:
    """What the plan does, and whatever refuses it: pulumi, a policy, the API server, or the data that it would lose."""
    report = policies.judged(classify(found.digest), found.events)
    return _growth_asked(session, _guarded(session, report, found.digest))


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
