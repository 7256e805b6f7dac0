"""MariaDB's binary log events, as far as they differ from MySQL's: GTIDs, and where a transaction ends. Pure.

Format: MariaDB documentation, "Replication Protocol" (``GTID_EVENT``, ``GTID_LIST_EVENT``, ``QUERY_EVENT``). A GTID
event does not tell how long its transaction is: what follows it does.
"""

from __future__ import annotations

import struct

from ..agent.gtid import GtidSet
from . import events
from .events import (
    CHECKSUM_BYTES,
    FORMAT,
    HEADER_BYTES,
    HEARTBEAT,
    QUERY,
    ROTATE,
    STOP,
    Begin,
    DamagedLog,
    header,
)

INTVAR, RAND, USER_VAR, XID, TABLE_MAP, XA_PREPARE = 5, 13, 14, 16, 19, 38
ANNOTATE, CHECKPOINT, GTID, GTID_LIST, START_ENCRYPTION = 160, 161, 162, 163, 164

BETWEEN = frozenset({FORMAT, ROTATE, STOP, HEARTBEAT, CHECKPOINT, GTID_LIST, START_ENCRYPTION})
"""What is part of no transaction."""

_LEADS = frozenset({INTVAR, RAND, USER_VAR, TABLE_MAP, ANNOTATE})
"""What comes before the one event that a statement of its own consists of (``Log_event::is_part_of_group``)."""
_ENDS = (b"COMMIT", b"ROLLBACK")
_ENDS_OF_PREPARED = (b"XA COMMIT", b"XA ROLLBACK")

_GTID = struct.Struct("<QIB")
_QUERY = struct.Struct("<IIBHH")
_STANDALONE = 1
GTID_BYTES = HEADER_BYTES + _GTID.size
"""As much of a GTID event as tells which transaction begins."""


def opening(format_event: bytes, after: GtidSet) -> bytes:
    """How a log begins that has a format description and the list of what comes before its own transactions."""
    entries = b""
    last = sorted((intervals[-1][1], source) for source, intervals in after.intervals.items())
    for number, source in last:  # of each domain the newest comes last
        domain, _, server = source.partition("-")
        entries += struct.pack("<IIQ", int(domain), int(server), number)
    return events.opening(format_event, GTID_LIST, struct.pack("<I", len(after.intervals)) + entries)


def begin(event: bytes) -> Begin:
    """Read a GTID event; the length is not known yet: 0. Raises DamagedLog if it cannot be read."""
    try:
        number, domain, _ = _GTID.unpack_from(event, HEADER_BYTES)
    except struct.error as error:
        raise DamagedLog(f"a GTID event cannot be read: {error}") from error
    head = header(event)
    return Begin(f"{domain}-{head.server_id}", number, head.timestamp * 1_000_000, 0)


def stands_alone(gtid_event: bytes) -> bool:
    """Whether one statement follows, and not a transaction that ends with its commit."""
    _, _, flags = _GTID.unpack_from(gtid_event, HEADER_BYTES)
    return bool(flags & _STANDALONE)


def ends_transaction(event: bytes, *, alone: bool, checksums: bool) -> bool:
    """Whether this event is the last one of its transaction. Raises DamagedLog if it cannot be read."""
    kind = event[4]
    if alone:
        return kind not in _LEADS
    if kind in (XID, XA_PREPARE):
        return True
    if kind != QUERY:
        return False
    statement = _statement(event, checksums)
    return statement in _ENDS or statement.startswith(_ENDS_OF_PREPARED)


def _statement(event: bytes, checksums: bool) -> bytes:
    try:
        _, _, database, _, variables = _QUERY.unpack_from(event, HEADER_BYTES)
    except struct.error as error:
        raise DamagedLog(f"a statement cannot be read: {error}") from error
    at = HEADER_BYTES + _QUERY.size + variables + database + 1
    return event[at : len(event) - (CHECKSUM_BYTES if checksums else 0)]
