"""Which member the archive can go on from, and the proof that its history is the archived one."""

from __future__ import annotations

from collections.abc import Sequence

from ..agent.gtid import GtidSet
from .catalogue import Segment
from .donors import Member
from .engine import BinaryLog, Connection


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


def refuse_another_history(feed: Connection, log: BinaryLog, source: Member, last: Segment | None) -> None:
    """Compare the last archived transaction with the one that the source has under the same GTID.

    A server that went back (a group started from less, a volume brought back from a snapshot) gives numbers that are
    archived already to other transactions. Raises Gap, pymysql.MySQLError or OSError. Where the source purged that
    transaction there is nothing to compare.
    """
    if last is None or not last.last_gtid or not GtidSet.parse(last.last_gtid) <= source.executed:
        return
    committed = log.committed_at(feed, source, last)
    if committed not in (None, last.last_committed):
        raise Gap(f"the archived {last.last_gtid} is another transaction than the one that {source.host} has")
