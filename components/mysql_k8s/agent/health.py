"""Which role a member has and whether it can serve it: pure functions of the facts and of the last decision."""

from __future__ import annotations

from dataclasses import dataclass

from . import actions as act
from .decide import PRIMARY
from .facts import Facts, Local, Report


@dataclass(frozen=True)
class Health:
    """The published state of a member."""

    role: str | None
    """The value of its role label, None for no label."""
    ready: bool
    reason: str


def judge(facts: Facts, action: act.Action) -> Health:
    """Role and readiness. A member that waits for a person has neither."""
    local = facts.local
    if local is None:
        return Health(None, False, "mysqld does not answer")
    if facts.stopping_seconds is not None:
        return Health(None, False, "stopping")
    if isinstance(action, (act.Blocked, act.MakeReadOnly)):
        return Health(None, False, action.doing)
    if facts.ordinal == PRIMARY:
        return judge_primary(local, action)
    return judge_replica(facts, local, action)


def judge_primary(local: Local, action: act.Action) -> Health:
    if local.report.writable and not local.offline:
        return Health("primary", True, "serving writes")
    return Health(None, False, action.doing)


def judge_replica(facts: Facts, local: Local, action: act.Action) -> Health:
    """Readiness does not depend on the primary being reachable: a dead primary must not take the reads down with it."""
    if local.report.empty or local.cloning or local.channel is None or local.offline:
        return Health(None, False, action.doing)
    if facts.catching_up or not local.report.bootstrapped:
        return Health("replica", False, "catching up with all that the primary has written")
    primary_reports = isinstance(facts.peers.get(PRIMARY), Report)
    if primary_reports and not local.channel.applying:
        return Health("replica", False, action.doing)
    limit = facts.settings.replica_lag_limit_seconds
    if facts.lag_seconds is not None and facts.lag_seconds > limit:
        return Health("replica", False, f"{facts.lag_seconds:.0f} s behind the primary (limit {limit:g} s)")
    return Health("replica", True, action.doing)
