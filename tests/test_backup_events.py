"""Events as servers write them, in bytes, and segments made of them."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.backup import events, segments, stream
from mysql_k8s.backup.events import Begin, DamagedLog
from mysql_k8s.backup.segments import Collector, SegmentFile

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
FORMAT = struct.pack("<IBIIIH", 0, events.FORMAT, 1, 124, 0, 0) + struct.pack("<H50sI", 4, b"9.7.4", 0) + b"\0" * 44
FORMAT += b"\x01" + struct.pack("<I", zlib.crc32(FORMAT + b"\x01"))


def event(kind: int, body: bytes) -> bytes:
    size = events.HEADER_BYTES + len(body) + events.CHECKSUM_BYTES
    whole = struct.pack("<IBIIIH", 0, kind, 1, size, 0, 0) + body
    return whole + struct.pack("<I", zlib.crc32(whole))


def gtid_event(number: int, committed: int, rest: int, *, replicated: bool = False) -> bytes:
    """A GTID event whose transaction has ``rest`` bytes behind it."""
    head = (
        b"\x00" + bytes.fromhex(UUID.replace("-", "")) + struct.pack("<q", number) + b"\x02" + struct.pack("<qq", 1, 2)
    )
    times = committed.to_bytes(7, "little")
    if replicated:
        later = (committed + 99) | 1 << 55
        times = later.to_bytes(7, "little") + times
    length = events.HEADER_BYTES + len(head) + len(times) + 3 + 4 + events.CHECKSUM_BYTES + rest
    body = head + times + b"\xfc" + struct.pack("<H", length) + struct.pack("<I", 90704)
    return event(events.GTID, body)


@pytest.mark.parametrize("replicated", [False, True])
def test_a_gtid_event_tells_when_it_was_committed_first(replicated: bool) -> None:
    found = events.begin(gtid_event(77, 1795309589196890, 100, replicated=replicated))
    assert (found.source, found.number, found.committed) == (UUID, 77, 1795309589196890)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (  # written by MySQL 9.7.4
            "02 7a 00 00 00 02 d903 8503 e502 dd03 9903 2e 22 c503 4502 58 04 f103 00 00 00 02 04 04"
            " 06 0e 62795f68616e64 08 28 0a 30 0c 7fb28a5ccad36006 10 4104 12 8312 0b",
            Begin("f6e1b9f7-e617-11f1-912c-02fc00000001:by_hand", 1, 1795312609692338, 272),
        ),
        (  # an example of the dump that mysqlbinlog makes, from a discussion of the format
            "02 78 00 00 00 02 aaaaaaaa888866664444222222222222 04 73201b 06 14 7365636f6e6474657374 08 c10e 0a d10e"
            " 0c 7f23354861bd2606 10 5904 12 a3ff0a",
            Begin("55555555-4444-3333-2222-111111111111:secondtest", 111111, 1731444683060515, 278),
        ),
    ],
)
def test_a_tagged_gtid_event(body: str, expected: Begin) -> None:
    assert events.begin(event(events.GTID_TAGGED, bytes.fromhex(body))) == expected


@given(st.binary(max_size=60))
def test_any_bytes_are_an_event_or_damage(body: bytes) -> None:
    for kind in (events.GTID, events.GTID_TAGGED):
        with contextlib.suppress(DamagedLog):
            events.begin(event(kind, body))


def transaction(number: int, committed: int, size: int = 50) -> list[bytes]:
    row = event(30, b"r" * size)
    return [gtid_event(number, committed, len(row)), row]


def segment_file(folder: Path, after: str) -> SegmentFile:
    gtids = GtidSet.parse(after)
    return SegmentFile(
        folder / "segment", 0, gtids, FORMAT, events.opening(FORMAT, events.PREVIOUS_GTIDS, stream.encode(gtids))
    )


def test_transactions_come_out_whole_and_in_order(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    segment = segment_file(tmp_path, f"{UUID}:1-4")
    heartbeat = event(events.HEARTBEAT, b"binlog.000001")
    told = [FORMAT, heartbeat, *transaction(5, 100), heartbeat, *transaction(6, 99, 9000), *transaction(7, 120)]
    for each in told:
        if (done := collector.take(each)) is not None:
            segment.add(*done)
    assert [(begin.number, begin.committed) for begin, _ in segments.transactions(segment.path)] == [
        (5, 100), (6, 99), (7, 120),
    ]  # fmt: skip
    described = segment.described("x")
    assert (described.gtids, described.first, described.latest) == (GtidSet.parse(f"{UUID}:5-7"), 100, 120)
    assert described.size == segment.path.stat().st_size
    assert described.server_version == "9.7.4"


def test_a_transaction_that_is_cut_off_is_not_there(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    first, _ = transaction(5, 100)
    assert collector.take(FORMAT) is None
    assert collector.take(first) is None
    with pytest.raises(DamagedLog, match="shorter than it says"):
        collector.take(first)


@pytest.mark.parametrize("position", [21, 45, 70])
def test_a_flipped_bit_is_found(tmp_path: Path, position: int) -> None:
    collector = Collector(tmp_path)
    collector.take(FORMAT)
    damaged = bytearray(transaction(5, 100)[0])
    damaged[position] ^= 4
    with pytest.raises(DamagedLog, match="checksum"):
        collector.take(bytes(damaged))


def test_a_truncated_segment_is_found(tmp_path: Path) -> None:
    segment = segment_file(tmp_path, "")
    collector = Collector(tmp_path)
    for each in (FORMAT, *transaction(5, 100)):
        if (done := collector.take(each)) is not None:
            segment.add(*done)
    segment.path.write_bytes(segment.path.read_bytes() + transaction(6, 110)[0][:-8])
    with pytest.raises(DamagedLog):
        list(segments.transactions(segment.path))


def test_a_set_as_the_protocol_has_it() -> None:
    plain = stream.encode(GtidSet.parse(f"{UUID}:1-5:7"))
    assert plain == struct.pack("<Q", 1) + bytes.fromhex(UUID.replace("-", "")) + struct.pack("<Qqqqq", 2, 1, 6, 7, 8)
    assert stream.encode(GtidSet.parse("")) == bytes(8)
    tagged = stream.encode(GtidSet.parse(f"{UUID}:tag:3"))
    assert (tagged[0], tagged[1], tagged[7]) == (1, 1, 1)
    assert tagged[24:28] == b"\x06tag"
