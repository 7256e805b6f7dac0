"""Which role a member of a group has and whether it can serve it: pure."""

from __future__ import annotations

from . import actions as act
from .decide_group import is_doubted
from .facts import Facts
from .group import Group
from .health import Health


def judge_group(facts: Facts, action: act.Action) -> Health:
    """Nobody serves without a majority, and the primary only once the data says which start of the group this is."""
    local = facts.local
    if local is None:
        return Health(None, False, "mysqld does not answer")
    group = local.report.group or Group()
    if facts.stopping_seconds is not None:
        # Whoever is still the primary goes on serving, until its role is handed over: the clients that it has, and,
        # if Services lead to it only while there is no successor, those that come.
        serves = group.leads and not local.offline
        return Health("primary" if serves and facts.being_deleted else None, serves, "stopping")
    if isinstance(action, (act.Blocked, act.MakeReadOnly)) or local.offline or not group.serves:
        return Health(None, False, action.doing)
    if is_doubted(facts, local, group):
        return Health(None, False, action.doing)
    if group.leads:
        if local.report.writable and group.epoch == group.running:
            return Health("primary", True, action.doing)
        # A secondary that was just elected stays one: each change that kube-proxy learns of holds up the next.
        return Health("replica" if group.epoch else None, bool(group.epoch), action.doing)
    limit = facts.settings.replica_lag_limit_seconds
    if facts.lag_seconds is not None and facts.lag_seconds > limit:
        return Health("replica", False, f"{facts.lag_seconds:.0f} s behind the primary (limit {limit:g} s)")
    return Health("replica", True, action.doing)
