"""What a member publishes about itself, for people (``state``) and for Prometheus (``metrics``). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from . import actions as act
from .facts import Facts
from .group import ONLINE, Group
from .health import Health


@dataclass(frozen=True)
class Cloning:
    """Progress of a copy of all data, in bytes."""

    donor: str
    done: int
    total: int
    per_second: float = 0.0
    """On average, since it was first seen."""

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


@dataclass(frozen=True)
class Snapshot:
    """The result of the last tick."""

    facts: Facts
    action: act.Action
    health: Health
    blocked: str | None = None
    warning: str | None = None
    """What a person should see to, although nothing waits for it."""
    clone: Cloning | None = None
    last_error: str | None = None
    certificate_not_after: str | None = None


def state(snapshot: Snapshot) -> Mapping[str, Any]:
    """The member's state as one JSON object."""
    facts, local = snapshot.facts, snapshot.facts.local
    document: dict[str, Any] = {
        "pod": facts.settings.pod(facts.ordinal),
        "ordinal": facts.ordinal,
        "role": snapshot.health.role,
        "ready": snapshot.health.ready,
        "reason": snapshot.health.reason,
        "action": type(snapshot.action).__name__.lower(),
        "doing": snapshot.action.doing,
        "blocked": snapshot.blocked,
        "warning": snapshot.warning,
        "version": local.version if local else None,
        "server_uuid": local.report.server_uuid if local else None,
        "writable": bool(local and local.report.writable),
        "gtid_executed": str(local.report.executed) if local else "",
        "gtid_received": str(local.report.received) if local else "",
        "gtid_purged": str(local.report.purged) if local else "",
        "lag_seconds": facts.lag_seconds,
        "semi_sync": bool(local and local.semi_sync),
        "certificate_not_after": snapshot.certificate_not_after,
        "volume_bytes_free": facts.volume.free if facts.volume else None,
        "volume_bytes_total": facts.volume.total if facts.volume else None,
        "clone": None,
        "last_error": snapshot.last_error,
        "source": None, "io_state": None, "sql_state": None,
    }  # fmt: skip
    if local and local.report.group:
        document["group"] = _group(local.report.group)
    if snapshot.clone:
        clone = snapshot.clone
        document["clone"] = {
            "donor": clone.donor, "percent": clone.percent, "bytes_done": clone.done, "bytes_total": clone.total,
            "bytes_per_second": round(clone.per_second),
        }  # fmt: skip
    if local and local.channel:
        channel = local.channel
        document |= {
            "source": channel.source_host,
            "io_state": channel.receiving,
            "sql_state": "Yes" if channel.applying else "No",
            "last_error": snapshot.last_error or channel.apply_message or channel.receive_message or None,
        }
    return document


def _group(group: Group) -> Mapping[str, Any]:
    return {
        "name": group.name,
        "epoch": group.epoch,
        "state": group.state,
        "role": group.role,
        "majority": group.has_majority,
        "seats": [asdict(seat) for seat in group.seats],
    }


def metrics(snapshot: Snapshot) -> str:
    """The member's metrics in the Prometheus text format."""
    facts, local = snapshot.facts, snapshot.facts.local
    role = snapshot.health.role
    samples: list[tuple[str, str, float]] = [
        ("mysql_k8s_up", "mysqld answers", float(local is not None)),
        ("mysql_k8s_ready", "the member can serve its role", float(snapshot.health.ready)),
        ("mysql_k8s_primary", "the member is the primary", float(role == "primary")),
        ("mysql_k8s_writable", "the member accepts writes", float(bool(local and local.report.writable))),
        ("mysql_k8s_blocked", "the member waits for a person", float(snapshot.blocked is not None)),
        (
            "mysql_k8s_transactions",
            "transactions executed (GTIDs)",
            float(len(local.report.executed)) if local else 0.0,
        ),
        ("mysql_k8s_peers_silent", "other members that do not report", float(len(facts.peers) - len(facts.reports))),
        ("mysql_k8s_clock_ahead_seconds", "seconds ahead of the middle of all clocks", facts.clock_ahead_seconds),
    ]
    if local and local.report.group:
        group = local.report.group
        online = sum(seat.state == ONLINE for seat in group.seats)
        samples += [
            ("mysql_k8s_group_online", "the member is a full part of its group", float(group.state == ONLINE)),
            ("mysql_k8s_group_majority", "the member reaches a majority of its group", float(group.has_majority)),
            ("mysql_k8s_group_members", "members of the group, as this one sees it", float(len(group.seats))),
            ("mysql_k8s_group_members_online", "those that are online, as this one sees it", float(online)),
        ]
    if facts.lag_seconds is not None:
        samples.append(("mysql_k8s_lag_seconds", "seconds behind the primary", facts.lag_seconds))
    if facts.volume:
        samples.append(("mysql_k8s_volume_bytes_free", "space left on the data's volume", float(facts.volume.free)))
        samples.append(("mysql_k8s_volume_bytes_total", "size of the data's volume", float(facts.volume.total)))
    if snapshot.clone:
        samples.append(
            ("mysql_k8s_clone_bytes_done", "bytes copied by the clone under way", float(snapshot.clone.done))
        )
        samples.append(("mysql_k8s_clone_bytes_total", "bytes to copy", float(snapshot.clone.total)))
    return "".join(f"# HELP {n} {text}\n# TYPE {n} gauge\n{n} {value:g}\n" for n, text, value in samples)
