"""Which role a member of a Galera cluster has and whether it can serve it: pure."""

from __future__ import annotations

from . import actions as act
from .facts import Facts
from .galera import DONOR, GaleraMember
from .group import Group
from .health import Health


def judge_galera(facts: Facts, action: act.Action) -> Health:
    """Nobody serves outside the majority; who falls behind, or sends all its data, may leave the reads."""
    local = facts.local
    if local is None:
        return Health(None, False, "mariadbd does not answer")
    group, member = local.report.group or Group(), local.galera or GaleraMember()
    if facts.stopping_seconds is not None:
        # Services lead to a pod that is being deleted only while there is no successor.
        serves = facts.being_deleted and group.serves and local.report.writable
        return Health("primary" if serves else None, serves, "stopping")
    if isinstance(action, (act.Blocked, act.MakeReadOnly)) or not group.serves:
        return Health(None, False, action.doing)
    if group.leads or facts.settings.galera.all_write:
        if local.report.writable:
            return Health("primary", member.writer is not None, action.doing)
        # One that has just taken the writes over opens within moments, and stays what it was until then: each change
        # that kube-proxy learns of holds up the next.
        return Health("replica" if len(group.seats) > 1 else None, member.writer is not None, action.doing)
    return judge_reader(facts, member, action)


def judge_reader(facts: Facts, member: GaleraMember, action: act.Action) -> Health:
    settings = facts.settings
    if member.state == DONOR and settings.galera.donor_leaves:
        return Health("replica", False, "sending its data to another member")
    queue_limit = settings.galera.receive_queue_limit
    if member.queue > queue_limit:
        return Health(
            "replica",
            False,
            f"{member.queue:.0f} transactions are queued (limit {queue_limit})",
        )
    limit = settings.replica_lag_limit_seconds
    if facts.lag_seconds is not None and facts.lag_seconds > limit:
        return Health("replica", False, f"{facts.lag_seconds:.0f} s behind the writer (limit {limit:g} s)")
    return Health("replica", True, action.doing)
