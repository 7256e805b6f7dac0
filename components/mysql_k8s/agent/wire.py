"""How members write their reports to each other: JSON with GTID sets as text."""

from __future__ import annotations

import json
from typing import Any

from .facts import Report
from .group import group_from_json, group_to_json
from .gtid import GtidSet


def report_to_json(report: Report) -> str:
    return json.dumps({
        "ordinal": report.ordinal,
        "server_uuid": report.server_uuid,
        "executed": str(report.executed),
        "received": str(report.received),
        "purged": str(report.purged),
        "writable": report.writable,
        "bootstrapped": report.bootstrapped,
        "healthy": report.healthy,
        "receiving": report.receiving,
        "stopping": report.stopping,
        "sends": report.sends,
        "unacknowledged_seconds": report.unacknowledged_seconds,
        "group": group_to_json(report.group) if report.group else None,
    })  # fmt: skip


def report_from_json(text: str | bytes) -> Report:
    """Raises ValueError, KeyError or TypeError for anything that is not a report."""
    raw: dict[str, Any] = json.loads(text)
    return Report(
        ordinal=int(raw["ordinal"]),
        server_uuid=str(raw["server_uuid"]),
        executed=GtidSet.parse(raw["executed"]),
        received=GtidSet.parse(raw["received"]),
        purged=GtidSet.parse(raw["purged"]),
        writable=bool(raw["writable"]),
        bootstrapped=bool(raw["bootstrapped"]),
        healthy=bool(raw["healthy"]),
        receiving=bool(raw["receiving"]),
        # An agent of an earlier release does not tell.
        stopping=bool(raw.get("stopping", False)),
        sends=int(raw.get("sends", 0)),
        unacknowledged_seconds=float(raw.get("unacknowledged_seconds", 0.0)),
        group=group_from_json(raw["group"]) if raw.get("group") else None,
    )
