"""What a policy pack says of a preview, from the engine's event log: `pulumi preview --json` leaves it out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

from .classify import Report
from .refusals import Refusal
from .secrecy import Scrubber

MANDATORY = "mandatory"


def judged(report: Report, event_log: Iterable[str]) -> Report:
    """The report with mandatory violations among its refusals and the others among its notes."""
    refused: list[Refusal] = []
    advice: list[str] = []
    scrub = Scrubber(report.steps, [each for step in report.steps for each in (step.old, step.new)])
    for event in _violations(event_log):
        message = scrub(" ".join(str(event.get("message") or "").split()))
        resource = str(event.get("resourceUrn") or "").rsplit("::", 1)[-1]
        policy = str(event.get("policyName") or "a policy")
        if event.get("enforcementLevel") == MANDATORY:
            refused.append(Refusal(resource, message, f"The policy {policy} refuses it."))
        else:
            advice.append(f"policy {policy}{f', {resource}' if resource else ''}: {message}")
    told = dict.fromkeys([*report.refusals, *sorted(refused, key=lambda each: (each.resource, each.way_out))])
    return replace(report, refusals=tuple(told), notes=(*report.notes, *sorted(set(advice))))


def _violations(event_log: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in event_log:
        try:
            event: object = json.loads(line)
        except ValueError:
            continue
        found = cast("dict[str, Any]", event).get("policyEvent") if isinstance(event, dict) else None
        if isinstance(found, dict):
            yield cast("dict[str, Any]", found)
