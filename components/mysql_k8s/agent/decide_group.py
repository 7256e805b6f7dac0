"""The decision for a member of a group: observed facts in, one action out. Pure.

Which member is the primary, and whether there is one, is the group's to decide. What is decided here: who founds the
group, who joins it with which data, and when a member is left alone. The rules: docs/design.md, "The rules of a group".
"""

from __future__ import annotations

from collections.abc import Iterable

from . import actions as act
from .decide import PATIENCE_SECONDS, REPLACE_MEMBER, names, newest_of, volume_full
from .facts import Facts, Local, Report
from .group import ERROR, INSIDE, OFFLINE, RECOVERING, Group
from .gtid import NOTHING, GtidSet
from .setbacks import MOST_TRIES

FOUNDER = 0
"""Who founds a group that has no data at all."""
TURN_SECONDS = 20.0
"""How long a member lets others join before it."""
LONE_SECONDS = 5.0
"""For how long a member may be the only one of its group and not a full part of it, with nothing to apply."""
QUIET_SECONDS = 1.5
"""From the stop of a primary's pod to its hand-over: kube-proxy passes changes on once a second at most
(minSyncPeriod), and the successor's label is not to wait for that."""
TRUST_SECONDS = 12.0
"""For how long a member whose mysqld stood still is not believed: one that was expelled meanwhile learns of it in 5 to
10 s (group_replication_unreachable_majority_timeout)."""
REOPEN_SECONDS = 10.0
"""A primary that has been read-only for so long with nothing to apply was not made so by the group."""


def decide_group(facts: Facts) -> act.Action:
    """The one next step of this member."""
    local = facts.local
    if local is None:
        return act.AllowStop() if facts.stopping_seconds is not None else act.Wait("waiting for mysqld to answer")
    group = local.report.group or Group()
    if facts.stopping_seconds is not None:
        return decide_stop(facts, local, group, facts.stopping_seconds)
    if local.cloning:
        return act.Wait("cloning")
    if local.busy:
        return act.Wait(local.busy)
    if local.armed:
        return act.Disarm()
    if group.state in INSIDE:
        return decide_inside(facts, local, group)
    if group.state == ERROR:
        return act.LeaveGroup("leaving what is left of the group, to join it again")
    return decide_outside(facts, local)


def decide_stop(facts: Facts, local: Local, group: Group, seconds: float) -> act.Action:
    """Before the pod stops: hand the primary's role over, then leave in order, so that the majority shrinks with it."""
    in_time = seconds < facts.settings.stop_wait_seconds
    if local.busy and in_time:
        return act.Wait(local.busy)
    handing_over = hand_over(facts, group, seconds, "primary's role")
    if handing_over is not None:
        return handing_over
    if group.state in INSIDE and in_time:
        return act.LeaveGroup("leaving the group")
    return act.AllowStop()


def hand_over(facts: Facts, group: Group, seconds: float, what: str) -> act.Action | None:
    """What a primary that stops does about its successor; None if it leads nobody, or there can be none in time."""
    if not group.leads or seconds >= facts.settings.stop_wait_seconds:
        return None
    heir = heir_of(facts, group)
    if heir is not None and seconds < QUIET_SECONDS:
        return act.Wait("waiting until kube-proxy would pass on at once who succeeds this member")
    if heir is not None:
        pod = facts.settings.pod(heir.ordinal)
        return act.HandOver(heir.ordinal, heir.server_uuid, f"handing the {what} over to {pod}")
    if any(r.group and r.group.state == RECOVERING and not r.stopping for r in facts.reports):
        return act.Wait(f"waiting for a member that can take the {what} over")
    return None


def heir_of(facts: Facts, group: Group) -> Report | None:
    """Who takes over: the lowest ordinal, as a rolling update comes to it last."""
    online = {seat.uuid for seat in group.seats if seat.state == "ONLINE"}
    fit = [r for r in facts.reports if r.server_uuid in online and r.healthy and not r.stopping]
    return min(fit, key=lambda r: r.ordinal, default=None)


# --- in a group ------------------------------------------------------------------------------------------------------


def decide_inside(facts: Facts, local: Local, group: Group) -> act.Action:
    if not group.has_majority:
        doing = "no majority of the group can be reached: refusing clients"
        return act.Wait(doing, PATIENCE_SECONDS) if local.offline else act.RefuseClients(doing)
    if group.state == RECOVERING:
        return decide_recovering(facts, local, group)
    if local.offline:
        if is_confirmed(facts, local, group):
            return act.AdmitClients()
        return act.Wait("waiting for the group to confirm that this member still belongs to it", PATIENCE_SECONDS)
    if is_doubted(facts, local, group):
        return act.Wait("waiting for the group to confirm that this member is still its primary", PATIENCE_SECONDS)
    if group.leads:
        return lead(facts, local, group)
    if facts.full:
        return act.Blocked(volume_full(facts))
    return act.Steady(f"in the group, whose primary is {primary_name(facts, group)}")


def decide_recovering(facts: Facts, local: Local, group: Group) -> act.Action:
    """The group's last full member may go while others are joining: nobody is left then to send them the data.

    A lone founder recovers, too, while it applies its own backlog.
    """
    idle = local.report.received == local.report.executed and facts.same_seconds > LONE_SECONDS
    abandoned = all(seat.state == RECOVERING for seat in group.seats)
    if abandoned and (len(group.seats) > 1 or idle):
        return act.LeaveGroup("leaving a group in which nobody can send the data")
    return act.Wait("catching up with the group")


def is_confirmed(facts: Facts, local: Local, group: Group) -> bool:
    """Whether the others see the same group. A member that reaches them again may have been expelled meanwhile, and be
    the last to learn of it."""
    views = [report.group for report in facts.reports if report.group and report.group.serves]
    agree = all(view.counts(local.report.server_uuid) and view.primary == group.primary for view in views)
    return agree and (bool(views) or len(group.seats) == 1)


def is_doubted(facts: Facts, local: Local, group: Group) -> bool:
    """Whether this primary may have been succeeded while its mysqld, or its agent, stood still.

    Members that are still joining succeed nobody.
    """
    own = local.report.server_uuid
    rivals = any(seat.uuid != own and seat.state != RECOVERING for seat in group.seats)
    return group.leads and rivals and facts.seconds_up < TRUST_SECONDS and not is_confirmed(facts, local, group)


def lead(facts: Facts, local: Local, group: Group) -> act.Action:
    if not local.report.writable:
        return reopen(facts, local)
    if facts.full:
        return act.MakeReadOnly(volume_full(facts))
    if group.epoch != group.running:
        return act.RecordEpoch()
    if not local.accounts_in_order:
        return act.AlignThroughGroup()
    if not local.declared_in_order:
        return act.Declare()
    return act.Steady("serving writes")


def reopen(facts: Facts, local: Local) -> act.Action:
    """The group itself opens its primary once the backlog is applied; a full volume, or a hand, may have closed it."""
    if not facts.roomy:
        return act.Blocked(volume_full(facts))
    if local.report.received == local.report.executed and facts.same_seconds > REOPEN_SECONDS:
        return act.MakeWritable()
    return act.Wait("applying what the group has acknowledged, before the first new write", PATIENCE_SECONDS)


def primary_name(facts: Facts, group: Group) -> str:
    seat = group.primary
    by_host = {facts.settings.host(ordinal): ordinal for ordinal in range(facts.settings.members)}
    return names(facts, [by_host[seat.host]]) if seat and seat.host in by_host else "not known yet"


# --- outside ---------------------------------------------------------------------------------------------------------


def decide_outside(facts: Facts, local: Local) -> act.Action:
    if local.offline:
        return act.Close()
    if local.report.writable:
        return act.MakeReadOnly()
    own = local.report
    if not own.empty and not own.bootstrapped and local.primary_uuid is not None:
        return act.Blocked(
            "this member's data was made by another topology, and no group can be made of it;"
            " go back to that topology, or restore a backup into a new cluster"
        )
    serving = [report for report in facts.reports if report.group and report.group.serves]
    if serving:
        return enter(facts, local, serving)
    return start(facts, local)


def enter(facts: Facts, local: Local, serving: list[Report]) -> act.Action:
    """Join the group that runs, if this member's data is a part of the group's."""
    own = local.report
    name = next((r.group.name for r in serving if r.group and r.group.name), "")
    own_name = own.group.name if own.group else ""
    if not name:
        return act.Wait("waiting for the group to record its name")
    if own_name and own_name != name:
        return act.Blocked(f"this member's data belongs to another group ({own_name}, not {name}); {REPLACE_MEMBER}")
    if any(r.group and r.group.counts(own.server_uuid) for r in serving):
        return act.Wait("waiting for the group to notice that this member was restarted")
    held = union(report.received for report in serving)
    errant = own.received - held
    if errant:
        return errant_transactions(facts, serving, errant)
    if not facts.roomy:
        return act.Blocked(volume_full(facts))
    if cannot_apply(facts, local):
        return act.Blocked(f"{why_not_applied(local)}; {REPLACE_MEMBER}")
    if own.empty:
        return fill(facts, local, serving, name)
    if not any(report.purged <= own.received for report in serving):
        lost = serving[0].purged - own.received
        return act.Blocked(
            f"no member's binary logs still have the transactions that this member lacks: {lost}; {REPLACE_MEMBER}"
        )
    return join(facts, local, name)


def cannot_apply(facts: Facts, local: Local) -> bool:
    """Joining again would fail again, at the same transaction."""
    return local.apply_failure is not None and facts.setbacks.tries >= MOST_TRIES


def why_not_applied(local: Local) -> str:
    failure = local.apply_failure
    told = f"{failure.transaction}: {failure.message}" if failure else ""
    return f"this member cannot apply the group's transaction {told}"


def join(facts: Facts, local: Local, name: str) -> act.Action:
    """One after the other, by ordinal: members that join at the same moment hold each other up for half a minute."""
    if not local.accounts_in_order:
        return act.AlignAccounts()
    first = [r.ordinal for r in facts.reports if r.ordinal < facts.ordinal and is_about_to_join(r)]
    if first and facts.same_seconds < TURN_SECONDS:
        return act.Wait(f"waiting for {names(facts, first)} to join first")
    return act.JoinGroup(name)


def is_about_to_join(report: Report) -> bool:
    return bool(report.group and report.group.state == OFFLINE and report.healthy and not report.stopping)


def errant_transactions(facts: Facts, serving: list[Report], errant: GtidSet) -> act.Action:
    """The primary has everything that the group ever acknowledged; without its word it cannot be told."""
    if not any(report.group and report.group.leads for report in serving):
        return act.Wait("waiting for the group's primary to report", PATIENCE_SECONDS)
    return act.Blocked(
        f"errant transactions that the group lacks: {errant}; save what is worth saving, then {REPLACE_MEMBER}"
    )


def fill(facts: Facts, local: Local, serving: list[Report], name: str) -> act.Action:
    """An empty member: all data by clone where that is quicker or the only way, else the group's transactions."""
    healthy = [report for report in serving if report.healthy]
    fewest = min((len(report.executed) for report in serving), default=0)
    from_nothing = fewest <= facts.settings.clone_threshold and any(not report.purged for report in serving)
    if from_nothing:
        return join(facts, local, name)
    if not healthy:
        return act.Wait("empty: waiting for a member that holds data", PATIENCE_SECONDS)
    secondaries = [report for report in healthy if report.group and not report.group.leads]
    # Among equals the nearest predecessor, so that several new members do not all ask the same donor.
    donor = max(secondaries or healthy, key=lambda r: (len(r.executed), r.ordinal < facts.ordinal, r.ordinal))
    return act.Clone(donor.ordinal, f"taking all data from {facts.settings.pod(donor.ordinal)}")


# --- no group runs ---------------------------------------------------------------------------------------------------


def start(facts: Facts, local: Local) -> act.Action:
    """No group runs as far as this member sees: the one with the newest data founds it, once every member has reported.

    All decide by the same reports, which cannot change as long as no group runs: so all see the same founder.
    """
    own = local.report
    leaving = [r.ordinal for r in facts.reports if r.group is None or r.group.state in (*INSIDE, ERROR)]
    if leaving:
        return act.Wait(f"waiting for {names(facts, leaving)} to leave a group without a majority", PATIENCE_SECONDS)
    if is_forced(facts, local):
        return found(local, "starting the group from this member's data, as topology.force_start demands")
    holders = [report for report in (own, *facts.reports) if not report.empty]
    if facts.unheard:
        return act.Wait(missing(facts, holders), PATIENCE_SECONDS)
    if not any(report.bootstrapped for report in holders):
        return start_from_nothing(facts, own, holders)
    newest = newest_of(holders)
    if newest is None:
        return act.Blocked(
            f"{names(facts, (r.ordinal for r in holders))} hold different transactions: compare them, then delete the"
            " claim and pod of each member whose extra transactions may be lost"
        )
    guard = guard_against_less(facts, newest.received)
    if guard is not None:
        return guard
    if newest.ordinal == facts.ordinal and cannot_apply(facts, local):
        return act.Blocked(f"{why_not_applied(local)}; no other member holds all that this one does: keep its claim")
    if newest.ordinal != facts.ordinal:
        return act.Wait(f"waiting for {facts.settings.pod(newest.ordinal)} to start the group", PATIENCE_SECONDS)
    return found(local, "starting the group: every member has reported, and none is newer")


def start_from_nothing(facts: Facts, own: Report, holders: list[Report]) -> act.Action:
    """No member has ever been in a group: member 0 makes the first one, or goes on with it after a crash."""
    others = [report.ordinal for report in holders if report.ordinal != FOUNDER]
    if others:
        return act.Blocked(f"{names(facts, others)} holds data that belongs to no group, and is not the first member")
    guard = guard_against_less(facts, own.received if facts.ordinal == FOUNDER else NOTHING)
    if guard is not None:
        return guard
    return act.Bootstrap() if facts.ordinal == FOUNDER else act.Wait("empty: waiting for the group", PATIENCE_SECONDS)


def found(local: Local, doing: str) -> act.Action:
    return act.StartGroup(doing) if local.accounts_in_order else act.AlignAccounts()


def guard_against_less(facts: Facts, held: GtidSet) -> act.Action | None:
    """Whether the claims' annotations remember transactions that no member has any more."""
    if not facts.mark.readable:
        return act.Wait("waiting for the API server: the claims remember what the group once held", PATIENCE_SECONDS)
    lost = facts.mark.held - held
    if not lost:
        return None
    return act.Blocked(
        f"the group once held transactions that no member has any more: {lost}; bring their volume back, or restore a"
        ' backup, or go on without them: see "A group that does not start" in docs/operations.md'
    )


def is_forced(facts: Facts, local: Local) -> bool:
    order, group = facts.settings.force_start, local.report.group
    return bool(order and group and group.epoch and order.member == facts.ordinal and order.epoch == group.epoch)


def missing(facts: Facts, holders: list[Report]) -> str:
    """Who is waited for, and the order that a person may give instead."""
    waiting = f"no group runs, and {names(facts, facts.unheard)} may hold the newest transactions: waiting for it"
    newest = newest_of(holders)
    if newest is None or newest.group is None or not newest.group.epoch:
        return waiting
    order = f"{{member: {newest.ordinal}, epoch: '{newest.group.epoch}'}}"
    return f"{waiting}; if it is lost for good, topology.force_start: {order} starts the group without it"


def union(sets: Iterable[GtidSet]) -> GtidSet:
    everything = NOTHING
    for each in sets:
        everything |= each
    return everything
