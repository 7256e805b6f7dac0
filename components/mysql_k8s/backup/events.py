"""Binary log events: their headers, the transactions that they form, and their checksums. Pure.

Format: MySQL source code documentation, "Binary log" (``Log_event_header``, ``Gtid_event``); the tagged form of the
GTID event is written in MySQL's serialization format ("Library: Serialization", variable-length integers).
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO, NamedTuple

MAGIC = b"\xfebin"
HEADER_BYTES = 19
CHECKSUM_BYTES = 4

QUERY, STOP, ROTATE, FORMAT, HEARTBEAT, ANONYMOUS, GTID, PREVIOUS_GTIDS = 2, 3, 4, 15, 27, 34, 33, 35
HEARTBEAT_2, GTID_TAGGED = 41, 42

_HEADER = struct.Struct("<IBIIIH")
_MANY_COMMIT_TIMES = 1 << 55
"""Set in the immediate commit time when the original one follows (7 bytes each)."""


class DamagedLog(ValueError):
    """Bytes that are not a whole, intact binary log."""


class Header(NamedTuple):
    """The first 19 bytes of an event. ``size`` counts the whole event in bytes."""

    timestamp: int
    kind: int
    server_id: int
    size: int
    next_position: int
    flags: int


class Begin(NamedTuple):
    """What a GTID event tells of the transaction that it opens."""

    source: str
    """``uuid`` or ``uuid:tag``."""
    number: int
    committed: int
    """When its first server committed it: microseconds since 1970, by that server's clock."""
    length: int
    """Bytes of the whole transaction, this event included."""


def header(event: bytes) -> Header:
    """Raises DamagedLog if there are too few bytes."""
    if len(event) < HEADER_BYTES:
        raise DamagedLog("an event ends within its header")
    return Header(*_HEADER.unpack_from(event))


def has_checksums(format_event: bytes) -> bool:
    """Whether events carry a CRC-32: the byte before the checksum of a format description event tells."""
    return format_event[-CHECKSUM_BYTES - 1] == 1


def server_version(format_event: bytes) -> str:
    """The version of the server that wrote the log."""
    return format_event[HEADER_BYTES + 2 : HEADER_BYTES + 52].rstrip(b"\0").decode()


def opening(format_event: bytes, kind: int, earlier: bytes) -> bytes:
    """How a log begins: a format description, and an event of a kind that tells the transactions before the log's."""
    checksum = CHECKSUM_BYTES if has_checksums(format_event) else 0
    size = HEADER_BYTES + len(earlier) + checksum
    position = len(MAGIC) + len(format_event) + size
    told = _HEADER.pack(0, kind, header(format_event).server_id, size, position, 0) + earlier
    if checksum:
        told += struct.pack("<I", zlib.crc32(told))
    return MAGIC + format_event + told


def read_opening(log: BinaryIO, name: str) -> bytes:
    """The format description that a log begins with; what follows is read next. Raises DamagedLog with the name."""
    if log.read(len(MAGIC)) != MAGIC:
        raise DamagedLog(f"{name} is not a binary log")
    event = read_event(log)
    if event is None or event[4] != FORMAT:
        raise DamagedLog(f"{name} does not begin with a format description")
    return event


def check(event: bytes) -> None:
    """Raises DamagedLog unless the event's CRC-32 is right."""
    (expected,) = struct.unpack("<I", event[-CHECKSUM_BYTES:])
    if zlib.crc32(memoryview(event)[:-CHECKSUM_BYTES]) != expected:
        raise DamagedLog("an event's checksum is wrong")


def begin(event: bytes) -> Begin:
    """Read a GTID event, tagged or not. Raises DamagedLog if it cannot be read."""
    try:
        return _tagged(event) if event[4] == GTID_TAGGED else _untagged(event)
    except (IndexError, KeyError, UnicodeDecodeError, struct.error) as error:
        raise DamagedLog(f"a GTID event cannot be read: {error}") from error


def _untagged(event: bytes) -> Begin:
    at = HEADER_BYTES + 1
    source = _uuid(event[at : at + 16])
    (number,) = struct.unpack_from("<q", event, at + 16)
    at += 16 + 8 + 1 + 8 + 8
    immediate = int.from_bytes(event[at : at + 7], "little")
    at += 7
    committed = immediate
    if immediate & _MANY_COMMIT_TIMES:
        committed = int.from_bytes(event[at : at + 7], "little")
        at += 7
    length, _ = _length_encoded(event, at)
    return Begin(source, number, committed, length)


def _tagged(event: bytes) -> Begin:
    """Fields by number: 0 flags, 1 UUID, 2 number, 3 tag, 6 immediate and 7 original commit time, 8 length."""
    at = HEADER_BYTES
    _, at = _unsigned(event, at)
    size, at = _unsigned(event, at)
    _, at = _unsigned(event, at)
    end = HEADER_BYTES + size
    found: dict[int, int] = {}
    uuid, tag = "", ""
    while at < end:
        field, at = _unsigned(event, at)
        if field == 1:
            uuid, at = _spread_uuid(event, at)
        elif field == 3:
            length, at = _unsigned(event, at)
            tag, at = event[at : at + length].decode(), at + length
        else:
            found[field], at = _unsigned(event, at)
    committed = found.get(7, found[6])
    source = f"{uuid}:{tag}" if tag else uuid
    return Begin(source, found[2] >> 1, committed, found[8])  # the number is signed: its lowest bit is the sign


def _spread_uuid(event: bytes, at: int) -> tuple[str, int]:
    """A UUID whose every byte is an integer of its own, and where it ends."""
    raw = bytearray()
    for _ in range(16):
        byte, at = _unsigned(event, at)
        raw.append(byte & 0xFF)
    return _uuid(bytes(raw)), at


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer, and where it ends: as many one-bits at the low end as bytes follow the first."""
    more = 0
    while more < 8 and data[at] >> more & 1:
        more += 1
    if more == 8:
        return int.from_bytes(data[at + 1 : at + 9], "little"), at + 9
    return int.from_bytes(data[at : at + more + 1], "little") >> (more + 1), at + more + 1


def _length_encoded(data: bytes, at: int) -> tuple[int, int]:
    """A length-encoded integer of the client/server protocol, and where it ends."""
    first = data[at]
    if first < 251:
        return first, at + 1
    width = {252: 2, 253: 3, 254: 8}.get(first)
    if width is None:
        raise DamagedLog("a GTID event has no length")
    return int.from_bytes(data[at + 1 : at + 1 + width], "little"), at + 1 + width


def _uuid(raw: bytes) -> str:
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def read_event(file: BinaryIO) -> bytes | None:
    """The next event of a log file; None at its end. Raises DamagedLog where it is cut off."""
    first = file.read(HEADER_BYTES)
    if not first:
        return None
    size = header(first).size
    rest = file.read(size - HEADER_BYTES)
    if size < HEADER_BYTES or len(rest) != size - HEADER_BYTES:
        raise DamagedLog("the log ends within an event")
    return first + rest
