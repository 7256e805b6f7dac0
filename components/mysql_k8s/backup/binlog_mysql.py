"""MySQL's binary log behind the seam: see ``engine.BinaryLog``."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from ..agent.gtid import GtidSet
from . import events, segments, stream
from .catalogue import Segment
from .donors import Member
from .engine import Collecting, Connection
from .events import Begin
from .settings import Settings

SERVER_ID = 98
SEARCH_SECONDS = 120.0


class MySQLLog:
    """``settings``: of the cluster that is archived."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def events(self, feed: Connection, known: GtidSet) -> Iterator[bytes]:
        with feed.cursor() as cursor:
            cursor.execute("SET @replica_uuid = %s", (replica_uuid(self._settings),))
        return stream.events(feed, SERVER_ID, known)

    def collector(self, spool: Path) -> Collecting:
        return segments.Collector(spool)

    def opening(self, format_event: bytes, after: GtidSet) -> bytes:
        return events.opening(format_event, events.PREVIOUS_GTIDS, stream.encode(after))

    def transactions(self, path: Path) -> Iterator[tuple[Begin, int]]:
        return segments.transactions(path)

    def committed_at(self, feed: Connection, source: Member, last: Segment) -> int | None:
        wanted = GtidSet.parse(last.last_gtid)
        if wanted <= source.purged:
            return None
        end = time.monotonic() + SEARCH_SECONDS
        for event in self.events(feed, source.executed - wanted):
            if event[4] in (events.GTID, events.GTID_TAGGED):
                begin = events.begin(event)
                if wanted == GtidSet.parse(f"{begin.source}:{begin.number}"):
                    return begin.committed
            if time.monotonic() > end:
                break
        raise TimeoutError(f"the server did not send {wanted} within {SEARCH_SECONDS:.0f} s")

    def mark(self, executed: GtidSet) -> int | None:
        return None


def replica_uuid(settings: Settings) -> str:
    """The archiver's identity towards the servers: the same in every life."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"archive.{settings.cluster}.{settings.namespace}.svc"))
