"""Which member the archive can go on from, and the proof that its history is the archived one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pymysql

from ..agent.gtid import GtidSet
from . import events, stream
from .catalogue import Segment
from .donors import Member

SEARCH_SECONDS = 120.0


class Gap(Exception):
    """Transactions that nobody has any more, or that the server never had: the chain cannot go on."""


def source_of(archived: GtidSet, members: Sequence[Member], primary: Member) -> Member:
    """Who can send everything that is not archived: the primary, else a replica that still has it (pure).

    Raises Gap if the archive holds what the primary never had or lost, or nobody has what comes next.
    """
    strange = (archived - primary.executed).without_source(primary.server_uuid)
    if strange:
        raise Gap(f"the archive holds transactions that the primary lacks: {strange}")
    if primary.purged <= archived:
        return primary
    for member in members:
        known = not (member.executed - primary.executed).without_source(primary.server_uuid)
        if known and member.purged <= archived:
            return member
    raise Gap(f"no member's binary logs have {primary.purged - archived} any more")


def refuse_another_history(feed: pymysql.Connection[Any], server_id: int, source: Member, last: Segment | None) -> None:
    """Compare the last archived transaction with the one that the source has under the same GTID.

    A server that went back (a group started from less, a volume brought back from a snapshot) gives numbers that are
    archived already to other transactions. Raises Gap, pymysql.MySQLError or OSError. Where the source purged that
    transaction there is nothing to compare.
    """
    if last is None or not last.last_gtid:
        return
    wanted = GtidSet.parse(last.last_gtid)
    if wanted <= source.purged or not wanted <= source.executed:
        return
    committed = committed_at(feed, server_id, source.executed, wanted)
    if committed != last.last_committed:
        raise Gap(f"the archived {wanted} is another transaction than the one that {source.host} has")


def committed_at(feed: pymysql.Connection[Any], server_id: int, executed: GtidSet, wanted: GtidSet) -> int:
    """When a transaction that is in the server's binary logs was committed, as they tell it."""
    end = time.monotonic() + SEARCH_SECONDS
    for event in stream.events(feed, server_id, executed - wanted):
        if event[4] in (events.GTID, events.GTID_TAGGED):
            begin = events.begin(event)
            if wanted == GtidSet.parse(f"{begin.source}:{begin.number}"):
                return begin.committed
        if time.monotonic() > end:
            break
    raise TimeoutError(f"the server did not send {wanted} within {SEARCH_SECONDS:.0f} s")
