"""The decision for a member of a Galera cluster: observed facts in, one action out. Pure.

Whether a commit stands is the cluster's to decide. What is decided here: who founds it, who joins it with which data,
which member takes the writes, and when a member is left alone. The rules: docs/design.md, "The rules of Galera".
"""

from __future__ import annotations

from . import actions as act
from .decide import PATIENCE_SECONDS, REPLACE_MEMBER, names, volume_full
from .decide_group import FOUNDER, TURN_SECONDS, guard_against_less, hand_over, is_forced, missing, union
from .facts import Facts, Local, Report
from .galera import ABORTED, FOREIGN, FRESH, GaleraMember
from .group import ERROR, OFFLINE, ONLINE, RECOVERING, Group

REMEMBERED_SECONDS = 30.0
"""After this a killed member joins, whatever the others' view says: longer than any profile's patience."""


def decide_galera(facts: Facts) -> act.Action:
    """The one next step of this member."""
    local = facts.local
    if local is None:
        return act.AllowStop() if facts.stopping_seconds is not None else act.Wait("waiting for mariadbd to answer")
    group, member = local.report.group or Group(), local.galera or GaleraMember()
    if facts.stopping_seconds is not None:
        return decide_stop(facts, group, facts.stopping_seconds)
    if group.state == ONLINE:
        return decide_inside(facts, local, group, member)
    if group.state == RECOVERING:
        return act.Wait("joining the cluster")
    if group.state == ERROR:
        return decide_alone(facts, local, group)
    return decide_outside(facts, local, member)


def decide_stop(facts: Facts, group: Group, seconds: float) -> act.Action:
    """Before the pod stops: hand the writes over. mariadbd itself then leaves in order."""
    return hand_over(facts, group, seconds, "writes") or act.AllowStop()


# --- in the cluster --------------------------------------------------------------------------------------------------


def decide_inside(facts: Facts, local: Local, group: Group, member: GaleraMember) -> act.Action:
    if group.leads:
        return lead(facts, local)
    absent = is_writer_absent(facts, group, member)
    if absent and is_next(facts, group):
        return act.RecordPrimary("taking the writes over")
    if absent:
        return close(local) or act.Wait("waiting for another member to take the writes over", PATIENCE_SECONDS)
    if facts.settings.galera.all_write:
        return follow_suit(facts, local)
    return close(local) or act.Steady(f"in the cluster; {facts.settings.pod(member.writer or 0)} takes the writes")


def is_writer_absent(facts: Facts, group: Group, member: GaleraMember) -> bool:
    """Nobody is the writer, or it is not in the view, or is there again and has still to catch up."""
    if member.writer is None or facts.settings.pod(member.writer) not in {seat.uuid for seat in group.seats}:
        return True
    writer = facts.peers.get(member.writer)
    return isinstance(writer, Report) and writer.group is not None and writer.group.state != ONLINE


def close(local: Local) -> act.Action | None:
    return act.MakeReadOnly("leaving the writes to another member") if local.report.writable else None


def is_next(facts: Facts, group: Group) -> bool:
    """The lowest ordinal, as a rolling update comes to it last. Two that disagree cannot both record themselves."""
    in_view = {seat.uuid for seat in group.seats}
    fit = [
        report.ordinal
        for report in facts.reports
        if report.server_uuid in in_view and report.group and report.group.serves
        if report.healthy and not report.stopping
    ]
    return all(facts.ordinal < ordinal for ordinal in fit) and not facts.full


def lead(facts: Facts, local: Local) -> act.Action:
    """The accounts first: clients write last of all."""
    if facts.full:
        full = volume_full(facts)
        return act.MakeReadOnly(full) if local.report.writable else act.Blocked(full)
    if not local.accounts_in_order:
        return act.AlignThroughGroup("bringing the internal accounts in line with their Secrets")
    if not local.declared_in_order:
        return act.Declare()
    if not local.report.writable:
        return act.MakeWritable() if facts.roomy else act.Blocked(volume_full(facts))
    return act.Steady("serving writes")


def follow_suit(facts: Facts, local: Local) -> act.Action:
    """Where all members take writes: this one does once the first of them does, which makes the accounts."""
    if facts.full:
        return act.MakeReadOnly(volume_full(facts)) if local.report.writable else act.Blocked(volume_full(facts))
    if local.report.writable:
        return act.Steady("serving writes, as all members do")
    if facts.roomy and any(report.writable for report in facts.reports):
        return act.MakeWritable("opening this member for writes, too")
    return act.Wait("waiting for the first member to open for writes", PATIENCE_SECONDS)


# --- outside ---------------------------------------------------------------------------------------------------------


def decide_alone(facts: Facts, local: Local, group: Group) -> act.Action:
    """mariadbd runs and reaches no majority. It goes on by itself when it does, as long as that can still be."""
    if local.report.writable:
        return act.RefuseClients("no majority of the cluster can be reached: refusing clients")
    if is_forced(facts, local):
        return act.LeaveGroup("leaving what is left of the cluster, to start it anew")
    if any(report.group and report.group.serves for report in facts.reports):
        return act.Wait("finding the cluster's majority again", PATIENCE_SECONDS)
    down = sum(report.group is None or report.group.state == OFFLINE for report in facts.reports)
    if 2 * (facts.settings.members - down) <= facts.settings.members:
        return act.LeaveGroup("leaving what is left of the cluster: most of its members were restarted")
    return act.Wait("no majority of the cluster can be reached", PATIENCE_SECONDS)


def decide_outside(facts: Facts, local: Local, member: GaleraMember) -> act.Action:
    if member.kind == FOREIGN:
        return act.Blocked(
            "this member's data was made by another topology, and no Galera cluster can be made of it;"
            " go back to that topology, or restore a backup into a new cluster"
        )
    serving = [report for report in facts.reports if report.group and report.group.serves]
    return enter(facts, local, member, serving) if serving else start(facts, local, member)


def enter(facts: Facts, local: Local, member: GaleraMember, serving: list[Report]) -> act.Action:
    """Join the cluster that runs, if this member's data is a part of the cluster's: it may be replaced by that."""
    own = local.report
    history = next((r.group.running for r in serving if r.group), "")
    own_history = own.group.name if own.group else ""
    if own_history and own_history != history:
        return act.Blocked(
            f"this member's data belongs to another history ({own_history}, not {history}); {REPLACE_MEMBER}"
        )
    if member.failed >= facts.settings.galera.failed_transfers_limit:
        return act.Blocked(f"{member.failed} transfers of all data to this member failed in a row; {REPLACE_MEMBER}")
    errant = own.received - union(report.received for report in serving)
    if errant:
        # What others have received and not yet applied is not in their reports.
        return act.Wait(f"this member holds what the cluster does not report to hold: {errant}", PATIENCE_SECONDS)
    if not facts.roomy:
        return act.Blocked(volume_full(facts))
    if is_remembered(facts, serving) and facts.same_seconds < REMEMBERED_SECONDS:
        return act.Wait("waiting for the cluster to give up the mariadbd that this member had before")
    turn = wait_for_turn(facts, serving)
    return turn or act.JoinCluster(donors(facts, serving))


def is_remembered(facts: Facts, serving: list[Report]) -> bool:
    """Whether a mariadbd of this member that was killed is still in the others' view.

    Nobody can write until they give it up, and a new one that comes in meanwhile makes that take longer.
    """
    pod = facts.settings.pod(facts.ordinal)
    return any(seat.uuid == pod for report in serving if report.group for seat in report.group.seats)


def wait_for_turn(facts: Facts, serving: list[Report]) -> act.Action | None:
    """No more members join than there are that can send data: who joins may have to delete what it has first."""
    joining = [r.ordinal for r in facts.reports if r.group and r.group.state == RECOVERING]
    if len(joining) >= len(serving):
        return act.Wait(f"waiting for {names(facts, joining)} to join first")
    before = [
        report.ordinal
        for report in facts.reports
        if report.ordinal < facts.ordinal and report.group and report.group.state == OFFLINE
        if report.healthy and not report.stopping
    ]
    if len(joining) + len(before) >= len(serving) and facts.same_seconds < TURN_SECONDS:
        return act.Wait(f"waiting for {names(facts, [*joining, *before])} to join first")
    return None


def donors(facts: Facts, serving: list[Report]) -> tuple[int, ...]:
    """Members that take no writes first, and of these the nearest predecessor, so that not all ask the same one."""
    fit = [report for report in serving if report.healthy and not report.stopping] or serving
    preferred = sorted(
        fit, key=lambda r: (bool(r.group and r.group.leads), r.ordinal > facts.ordinal, abs(r.ordinal - facts.ordinal))
    )
    return tuple(report.ordinal for report in preferred)


# --- no cluster runs -------------------------------------------------------------------------------------------------


def start(facts: Facts, local: Local, member: GaleraMember) -> act.Action:
    """No cluster runs as far as this member sees: the newest position founds it, once every member has reported.

    All decide by the same reports, which cannot change as long as every mariadbd is down: so all see the same founder.
    """
    own = local.report
    running = [r.ordinal for r in facts.reports if r.group is None or r.group.state != OFFLINE]
    if running:
        return act.Wait(f"waiting for what {names(facts, running)} finds", PATIENCE_SECONDS)
    if is_forced(facts, local):
        return act.StartAnew()
    holders = [report for report in (own, *facts.reports) if not report.empty]
    if facts.unheard:
        return act.Wait(missing(facts, holders), PATIENCE_SECONDS)
    if not holders:
        return start_from_nothing(facts, own, member)
    histories = {report.group.name for report in holders if report.group}
    if len(histories) > 1:
        return act.Blocked(
            f"{names(facts, (r.ordinal for r in holders))} hold data of different histories: compare them, then delete"
            " the claim and pod of each member whose data may be lost"
        )
    founder = max(holders, key=lambda report: (len(report.received), -report.ordinal))
    guard = guard_against_less(facts, founder.received)
    if guard is not None:
        return guard
    if founder.ordinal != facts.ordinal:
        return act.Wait(f"waiting for {facts.settings.pod(founder.ordinal)} to start the cluster", PATIENCE_SECONDS)
    return act.StartGroup("starting the cluster: every member has reported, and none is newer")


def start_from_nothing(facts: Facts, own: Report, member: GaleraMember) -> act.Action:
    """No member holds anything. What a transfer left behind founds nothing: there was a cluster, and data in it."""
    guard = guard_against_less(facts, own.received)
    if guard is not None:
        return guard
    if facts.ordinal != FOUNDER:
        return act.Wait("empty: waiting for the cluster", PATIENCE_SECONDS)
    if member.kind != FRESH:
        left = "what an unfinished transfer left" if member.kind == ABORTED else "data without a position"
        return act.Blocked(
            f"no member holds data, and this one holds {left}: bring a volume back, or restore a backup, or delete this"
            " member's claim and pod to begin from nothing"
        )
    return act.StartGroup("starting the first cluster: no member holds data")
