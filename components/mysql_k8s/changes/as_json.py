"""A report as plain values, for programs."""

from __future__ import annotations

from typing import Any

from .classify import Change, Report
from .headline import headline


def document(report: Report) -> dict[str, Any]:
    return {
        "headline": headline(report),
        "effect": report.effect.name.lower(),
        "unchanged": report.unchanged,
        "refusals": [
            {"resource": each.resource, "message": each.message, "way_out": each.way_out} for each in report.refusals
        ],
        "notes": list(report.notes),
        "changes": [_change(change) for change in report.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    reasons = [
        {
            "effect": reason.effect.name.lower(),
            "why": reason.why,
            "property": reason.path,
            "values": reason.values,
            "argument": reason.argument,
        }
        for reason in change.reasons
    ]
    return {
        "urn": change.urn,
        "kind": change.kind,
        "name": change.name,
        "namespace": change.namespace,
        "operation": change.operation,
        "effect": change.effect.name.lower(),
        "reasons": reasons,
        "lines": list(change.lines),
    }
