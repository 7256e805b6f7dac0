"""What a policy pack says of a preview, from the engine's event log: `pulumi preview --json` leaves it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .classify import Report
from .event_log import events
from .refusals import Refusal
from .secrecy import Scrubber

MANDATORY = "mandatory"


def judged(report: Report, event_log: Iterable[str]) -> Report:
    """The report with mandatory violations among its refusals and the others among its notes."""
    refused: list[Refusal] = []
    advice: list[str] = []
    scrub = Scrubber(report.steps, [each for step in report.steps for each in (step.old, step.new)])
    for event in events(event_log, "policyEvent"):
        message = scrub(" ".join(str(event.get("message") or "").split()))
        resource = str(event.get("resourceUrn") or "").rsplit("::", 1)[-1]
        policy = str(event.get("policyName") or "a policy")
        if event.get("enforcementLevel") == MANDATORY:
            refused.append(Refusal(resource, message, f"The policy {policy} refuses it."))
        else:
            advice.append(f"policy {policy}{f', {resource}' if resource else ''}: {message}")
    told = dict.fromkeys([*report.refusals, *sorted(refused, key=lambda each: (each.resource, each.way_out))])
    return replace(report, refusals=tuple(told), notes=(*report.notes, *sorted(set(advice))))
