"""The GTID that the server reports with a commit, if asked to, which PyMySQL carries but does not read.

MySQL's protocol documentation, "OK_Packet": with CLIENT_SESSION_TRACK, a length-encoded info text is followed, where
the status has SERVER_SESSION_STATE_CHANGED, by length-encoded entries of a type, a length and data.
"""

from __future__ import annotations

from collections.abc import Iterator

CLIENT_SESSION_TRACK = 1 << 23
SESSION_STATE_CHANGED = 0x4000
TRACK_VARIABLES = 0
TRACK_GTIDS = 3


def gtid_of(message: bytes, status: int) -> str | None:
    """The GTID in what follows the fixed part of an OK packet; None if the server told none."""
    if not status & SESSION_STATE_CHANGED:
        return None
    _info, place = _text(message, 0)
    entries, _end = _text(message, place)
    for kind, data in _entries(entries):
        if kind == TRACK_GTIDS:
            gtid, _end = _text(data, 1)  # one byte in front says how the set is encoded: as text
            return gtid.decode()
        if kind == TRACK_VARIABLES:  # MariaDB: a name and a value, as `last_gtid` is the only one asked for
            _name, place = _text(data, 0)
            return _text(data, place)[0].decode()
    return None


def _entries(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(data):
        kind = data[place]
        entry, place = _text(data, place + 1)
        yield kind, entry


def _text(data: bytes, place: int) -> tuple[bytes, int]:
    """A length-encoded string, and where it ends."""
    length, place = _length(data, place)
    return data[place : place + length], place + length


def _length(data: bytes, place: int) -> tuple[int, int]:
    first = data[place]
    if first < 0xFB:
        return first, place + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[place + 1 : place + 1 + size], "little"), place + 1 + size
