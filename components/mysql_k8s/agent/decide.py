"""The decision for primary/replica topologies: observed facts in, one action out. Pure.

The primary is the member with ordinal 0. The rules and their reasons:
docs/design.md, "The rules of the data".
"""

from __future__ import annotations

from collections.abc import Iterable

from . import actions as act
from .facts import Channel, Facts, Local, Report, Silent
from .gtid import NOTHING, GtidSet

PRIMARY = 0
HEAR_PEERS_SECONDS = 10.0
"""How long a primary that only restarted listens for members that are ahead before it opens anyway."""
NOBODY_SECONDS = 5.0
"""How long a primary that stops waits for a replica when none reports: most likely all are being stopped."""
PATIENCE_SECONDS = 90.0
"""How long a member waits for another one before it says that a person should look."""

ACKNOWLEDGED_SECONDS = 3.0
"""A commit that has waited longer for a replica that is connected may wait for an acknowledgement that was lost."""

REPLACE_MEMBER = "delete this member's claim and pod: it takes all data anew"

RELAY_LOG_ERRORS = frozenset({1594, 13121, 13122})
"""ER_RELAY_LOG_READ_FAILURE and its kin: the relay log cannot be read. Seen after a crash while it was written."""
WRONG_PASSWORD = frozenset({1045, 2059})
"""ER_ACCESS_DENIED_ERROR: the password was changed since replication was started."""
SOURCE_REFUSES = frozenset({1236, 13114, 13117})
"""The source no longer has what the replica needs, or refuses it for its data: asking again does not help."""


def decide(facts: Facts) -> act.Action:
    """The one next step of this member."""
    local = facts.local
    if facts.stopping_seconds is not None:
        return decide_stop(facts, local)
    if local is None:
        return act.Wait("waiting for mysqld to answer")
    if local.cloning:
        return act.Wait("cloning")
    if local.offline:
        return act.Close()
    if facts.ordinal == PRIMARY:
        return decide_primary(facts, local)
    return decide_replica(facts, local)


def decide_stop(facts: Facts, local: Local | None) -> act.Action:
    """Before the pod stops: refuse writes, then wait (bounded) until another member has received every transaction."""
    if local is None:
        return act.AllowStop()
    if local.report.writable:
        return act.MakeReadOnly()
    patience = facts.settings.stop_wait_seconds if facts.reports else NOBODY_SECONDS
    waited_enough = (facts.stopping_seconds or 0.0) >= patience
    safe = facts.settings.members == 1 or any(report.received >= local.report.executed for report in facts.reports)
    if facts.ordinal != PRIMARY or safe or waited_enough:
        return act.AllowStop()
    return act.Wait("waiting for a replica to receive every transaction before this member stops")


# --- the primary -----------------------------------------------------------------------------------------------------


def decide_primary(facts: Facts, local: Local) -> act.Action:
    if local.report.writable:
        return maintain_primary(facts, local)
    if local.report.empty:
        return fill_primary(facts)
    return become_primary(facts, local)


def fill_primary(facts: Facts) -> act.Action:
    """An empty primary takes the newest data there is; only if certainly nobody holds any, it starts from nothing."""
    holders = [report for report in facts.reports if not report.empty]
    if facts.unheard:
        held = "others hold data" if holders else "others may hold data"
        return act.Wait(f"this member is empty and {held}: waiting for {names(facts, facts.unheard)}", PATIENCE_SECONDS)
    if not holders:
        return act.Bootstrap()
    newest = newest_of(holders)
    if newest is None:
        return act.Blocked(
            f"this member is empty, and {names(facts, (r.ordinal for r in holders))} hold different transactions: "
            "delete the claim and pod of each member whose extra transactions may be lost"
        )
    receiving = [report.ordinal for report in holders if report.receiving]
    if receiving:
        # An earlier primary whose pod was deleted by force may still run: without a replica it cannot acknowledge.
        return act.Wait(f"waiting for {names(facts, receiving)} to cut off an earlier primary", PATIENCE_SECONDS)
    if newest.received != newest.executed:
        return act.Wait(f"waiting for {facts.settings.pod(newest.ordinal)} to apply what it received")
    return act.Clone(newest.ordinal, f"taking the newest data, from {facts.settings.pod(newest.ordinal)}")


def become_primary(facts: Facts, local: Local) -> act.Action:
    """Each step needs the ones before it; to be writable is the last."""
    settings = facts.settings
    established = local.report.bootstrapped and local.primary_uuid == local.report.server_uuid
    if facts.unheard and not (established and facts.seconds_up >= HEAR_PEERS_SECONDS):
        return act.Wait(f"before opening for writes, listening for {names(facts, facts.unheard)}", PATIENCE_SECONDS)
    ahead = [report for report in facts.reports if is_ahead(report, local.report)]
    if ahead:
        return catch_up(facts, local, ahead)
    if local.channel is not None:
        return apply_received(local, local.channel) or act.StopFollowing()
    if not local.accounts_in_order:
        return act.AlignAccounts()
    if not established:
        return act.RecordPrimary()
    if not local.declared_in_order:
        return act.Declare()
    if settings.semi_sync and not local.semi_sync:
        return act.RequireAcknowledgement()
    if not facts.roomy:
        return act.Blocked(volume_full(facts))
    return act.MakeWritable()


def catch_up(facts: Facts, local: Local, ahead: list[Report]) -> act.Action:
    """The primary lacks transactions (its volume is older than the others): it gets them first."""
    settings = facts.settings
    newest = newest_of(ahead)
    extra = local.report.executed - newest.received if newest else local.report.executed
    if newest is None or extra:
        return act.Blocked(
            f"{names(facts, (r.ordinal for r in ahead))} hold transactions that the primary lacks, and the other way"
            f" round ({extra}): compare them, then delete the claim and pod of the member whose data may go"
        )
    lost = newest.purged - local.report.executed
    if lost:
        return act.Blocked(
            f"the primary lacks transactions that {settings.pod(newest.ordinal)} no longer has in its binary logs"
            f" ({lost}): delete the primary's claim and pod, and it takes all data from {settings.pod(newest.ordinal)}"
        )
    doing = f"catching up from {settings.pod(newest.ordinal)} before opening for writes"
    if is_following(local.channel, settings.host(newest.ordinal)):
        return act.Wait(doing, PATIENCE_SECONDS)
    return act.Follow(newest.ordinal, doing)


def maintain_primary(facts: Facts, local: Local) -> act.Action:
    if facts.full:
        return act.MakeReadOnly(volume_full(facts))
    if facts.settings.semi_sync and not local.semi_sync:
        # Unreachable unless somebody switched it off by hand: no write may be acknowledged without a replica.
        return act.RequireAcknowledgement()
    if not local.accounts_in_order:
        return act.AlignAccounts()
    if not local.declared_in_order:
        return act.Declare()
    return act.Steady("serving writes")


# --- a replica -------------------------------------------------------------------------------------------------------


def decide_replica(facts: Facts, local: Local) -> act.Action:
    if local.report.writable:
        return act.MakeReadOnly()
    if local.report.empty:
        return fill_replica(facts)
    if not local.accounts_in_order:
        return act.AlignAccounts()
    primary = facts.peers.get(PRIMARY)
    if isinstance(primary, Report) and not primary.empty:
        return follow_primary(facts, local, primary)
    if isinstance(primary, Report) and local.report.receiving:
        return act.StopReceiving()
    # Without a primary to follow: what was received may be acknowledged and nowhere else, so it is applied.
    applying = apply_received(local, local.channel) if local.channel else None
    if applying:
        return applying
    if primary is None or isinstance(primary, Silent):
        return act.Steady("keeping what it has: the primary cannot be asked")
    return act.Wait("the primary is empty: keeping the data for it", PATIENCE_SECONDS)


def fill_replica(facts: Facts) -> act.Action:
    """An empty replica clones: from the newest healthy replica, else from the primary."""
    holders = [report for report in facts.reports if not report.empty and report.healthy and report.bootstrapped]
    replicas = [report for report in holders if report.ordinal != PRIMARY]
    if not holders:
        return act.Wait("empty: waiting for a member that holds data", PATIENCE_SECONDS)
    # Among equals the nearest predecessor, so that several new members do not all ask the same donor.
    donor = max(replicas or holders, key=lambda r: (len(r.executed), r.ordinal < facts.ordinal, r.ordinal))
    return act.Clone(donor.ordinal, f"taking all data from {facts.settings.pod(donor.ordinal)}")


def follow_primary(facts: Facts, local: Local, primary: Report) -> act.Action:
    errant = errant_transactions(local.report, primary)
    if errant:
        return act.Blocked(
            f"errant transactions that the primary lacks: {errant}; save what is worth saving, then {REPLACE_MEMBER}"
        )
    source = source_for(facts, local.report, primary)
    if source is None:
        return act.Blocked(
            "no member's binary logs still have the transactions that this member lacks:"
            f" {primary.purged - local.report.executed}; {REPLACE_MEMBER}"
        )
    name = facts.settings.pod(source.ordinal)
    channel = local.channel
    if not facts.roomy and (facts.full or not local.report.receiving):
        return act.StopReceiving(volume_full(facts)) if local.report.receiving else act.Blocked(volume_full(facts))
    if channel is None or channel.source_host != facts.settings.host(source.ordinal):
        return act.Follow(source.ordinal, f"starting to follow {name}")
    if channel.apply_error:
        return repair_applier(channel, local.report, source)
    if channel.receive_error in SOURCE_REFUSES and channel.receiving == "No":
        return act.Blocked(
            f"{name} refuses to send its binary log (error {channel.receive_error}): {channel.receive_message};"
            f" {REPLACE_MEMBER}"
        )
    if channel.receive_error in WRONG_PASSWORD:
        return act.Follow(source.ordinal, f"following {name} again, with the current password")
    if not channel.applying or channel.receiving == "No":
        return act.Follow(source.ordinal, f"following {name} again")
    if source is primary and channel.receiving == "Yes" and primary.unacknowledged_seconds >= ACKNOWLEDGED_SECONDS:
        return act.AcknowledgeAgain(PRIMARY, f"following {name}, which waits for an acknowledgement: giving it again")
    return act.Steady(f"following {name}")


def source_for(facts: Facts, replica: Report, primary: Report) -> Report | None:
    """Who still has everything that the replica lacks: the primary, else a replica to catch up from first.

    A primary that was cloned has binary logs from then on only, and a replica may have been behind its donor.
    """
    for candidate in (primary, *(r for r in facts.reports if r.ordinal != PRIMARY and r.healthy)):
        if candidate.purged <= replica.executed and primary.purged <= candidate.executed:
            return candidate
    return None


def apply_received(local: Local, channel: Channel) -> act.Action | None:
    """The step towards having executed everything that was received; None if that is so."""
    if local.report.received == local.report.executed:
        return None
    if channel.apply_error:
        return act.Blocked(
            f"applying what was received stopped with error {channel.apply_error}: {channel.apply_message};"
            " repair the cause: these transactions may be nowhere else"
        )
    return act.Wait("applying what was received") if channel.applying else act.ApplyReceived()


def repair_applier(channel: Channel, replica: Report, source: Report) -> act.Action:
    if channel.apply_error in RELAY_LOG_ERRORS and replica.received <= source.executed:
        return act.RefetchRelayLog(source.ordinal, "the relay log cannot be read: fetching it again")
    return act.Blocked(
        f"applying stopped with error {channel.apply_error}: {channel.apply_message};"
        f" repair the cause, or {REPLACE_MEMBER}"
    )


# --- shared ----------------------------------------------------------------------------------------------------------


def errant_transactions(replica: Report, primary: Report) -> GtidSet:
    """What the replica executed and an established primary lacks.

    Transactions with the primary's own UUID are not errant: with AFTER_SYNC a replica may commit them first.
    """
    if not primary.writable:
        return NOTHING
    return (replica.executed - primary.executed).without_source(primary.server_uuid)


def is_ahead(member: Report, primary: Report) -> bool:
    """Whether the member holds transactions, other than its own errant ones, that the primary lacks."""
    return bool((member.received - primary.received).without_source(member.server_uuid))


def newest_of(reports: Iterable[Report]) -> Report | None:
    """The report that holds everything that any of the others holds; None if there is no such one."""
    candidates = sorted(reports, key=lambda r: (-len(r.received), r.ordinal))
    everything = NOTHING
    for report in candidates:
        everything |= report.received
    return candidates[0] if candidates and candidates[0].received == everything else None


def is_following(channel: Channel | None, host: str) -> bool:
    return channel is not None and channel.source_host == host and channel.applying and channel.receiving != "No"


def volume_full(facts: Facts) -> str:
    """What to say, and what a person can do, while the volume has no room for writes."""
    return f"{facts.volume}: raise storage.size, or remove binary logs that nobody needs (PURGE BINARY LOGS)"


def names(facts: Facts, ordinals: Iterable[int]) -> str:
    return ", ".join(facts.settings.pod(ordinal) for ordinal in ordinals)
