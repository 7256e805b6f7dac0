"""Backups of MariaDB, without a server: its events in bytes, when they were committed, and which plan follows."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from effort import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.agent.gtid_mariadb import from_state, position, to_state
from mysql_k8s.backup import events, marks, restore
from mysql_k8s.backup import events_mariadb as mariadb
from mysql_k8s.backup.catalogue import Base, Chain, ChainHead, Position, Segment, chains
from mysql_k8s.backup.engine_mariadb import MariaDB
from mysql_k8s.backup.events import Begin, DamagedLog
from mysql_k8s.backup.planning import Plan, Refused, plan, read_moment
from mysql_k8s.backup.segments import SegmentFile
from mysql_k8s.backup.segments_mariadb import MariaDBCollector, transactions
from mysql_k8s.backup.settings import Settings

ENGINE = MariaDB(Settings("db", "shop", (), 3306, 1, True, "volume", 1, 1, "11.8.9", engine="mariadb"))
SECOND = 1_000_000

# --- events ----------------------------------------------------------------------------------------------------------

FORMAT = struct.pack("<IBIIIH", 0, events.FORMAT, 7, 256, 0, 0)
FORMAT += struct.pack("<H50sI", 4, b"11.8.9-MariaDB-log", 0) + b"\0" * 176
FORMAT += b"\x01" + struct.pack("<I", zlib.crc32(FORMAT + b"\x01"))


def event(kind: int, body: bytes, server: int = 7, seconds: int = 100) -> bytes:
    size = events.HEADER_BYTES + len(body) + events.CHECKSUM_BYTES
    whole = struct.pack("<IBIIIH", seconds, kind, server, size, 0, 0) + body
    return whole + struct.pack("<I", zlib.crc32(whole))


def gtid(number: int, flags: int = 0, server: int = 7, seconds: int = 100) -> bytes:
    return event(mariadb.GTID, struct.pack("<QIB", number, 0, flags) + bytes(6), server, seconds)


def query(text: str, database: str = "app") -> bytes:
    variables = b"\x00\x00\x00\x00\x00"
    head = struct.pack("<IIBHH", 5, 0, len(database), 0, len(variables))
    return event(events.QUERY, head + variables + database.encode() + b"\0" + text.encode())


ROWS = event(23, b"r" * 60)
TABLE = event(mariadb.TABLE_MAP, b"t")
XID = event(mariadb.XID, bytes(8))
STANDALONE, PREPARED = 1, 64


def of_rows(number: int, server: int = 7, seconds: int = 100) -> list[bytes]:
    return [gtid(number, 4, server, seconds), TABLE, ROWS, XID]


KINDS = {
    "rows": of_rows,
    "statement": lambda number: [gtid(number, STANDALONE), query("CREATE TABLE t (i INT)")],
    "with a variable": lambda number: [gtid(number, STANDALONE), event(mariadb.INTVAR, bytes(9)), query("INSERT ...")],
    "another engine": lambda number: [gtid(number), TABLE, ROWS, query("COMMIT")],
    "rolled back to a savepoint": lambda number: [
        gtid(number), TABLE, ROWS, query("SAVEPOINT `COMMIT`"), ROWS, query("ROLLBACK TO `COMMIT`"), XID,
    ],
    "prepared": lambda number: [gtid(number, PREPARED), query("XA START X'61'"), ROWS, query("XA END X'61'"),
                                event(mariadb.XA_PREPARE, b"x")],
    "committed later": lambda number: [gtid(number, 128), query("XA COMMIT X'61',X'',1", "")],
}  # fmt: skip


def collected(folder: Path, told: list[bytes], after: str = "") -> SegmentFile:
    collector = ENGINE.log.collector(folder)
    gtids = from_state(after)
    segment = SegmentFile(folder / "segment", 0, gtids, FORMAT, mariadb.opening(FORMAT, gtids))
    for each in told:
        if (done := collector.take(each)) is not None:
            segment.add(*done)
    return segment


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=12))
def test_transactions_come_out_whole_and_in_order(tmp_path: Path, kinds: list[str]) -> None:
    heartbeat, checkpoint = event(events.HEARTBEAT, b"binlog.000001"), event(mariadb.CHECKPOINT, b"binlog.000001")
    told = [each for at, kind in enumerate(kinds) for each in [*KINDS[kind](at + 1), heartbeat, checkpoint]]
    segment = collected(tmp_path, [FORMAT, event(mariadb.GTID_LIST, bytes(4)), *told])
    found = list(transactions(segment.path))
    assert [(begin.source, begin.number) for begin, _ in found] == [("0-7", at + 1) for at in range(len(kinds))]
    sizes = [sum(map(len, KINDS[kind](at + 1))) for at, kind in enumerate(kinds)]
    assert [begin.length for begin, _ in found] == sizes
    assert segment.size == segment.path.stat().st_size == found[-1][1] + sizes[-1]


def test_a_segment_says_what_it_holds_and_what_comes_before(tmp_path: Path) -> None:
    segment = collected(tmp_path, [FORMAT, *of_rows(43, 9), *of_rows(44, 9), *of_rows(45, 7)], "0-7-40,0-8-42")
    described = segment.described("x")
    assert described.gtids == GtidSet.parse("0-9:1-44,0-7:41-45")
    assert described.after | described.gtids == from_state("0-7-45,0-8-42,0-9-44")
    assert (described.server_version, described.last_gtid) == ("11.8.9-MariaDB-log", "0-7:45")
    assert Segment.parse(described.to_json()) == described
    listed = segment.path.read_bytes()[4 + len(FORMAT) :]
    assert struct.unpack_from("<I", listed, events.HEADER_BYTES) == (2,)


def test_what_a_crash_left_at_the_end_of_a_log_was_never_committed(tmp_path: Path) -> None:
    segment = collected(tmp_path, [FORMAT, *of_rows(1), *of_rows(2)[:-1], FORMAT, *of_rows(2), *of_rows(3)])
    assert [begin.number for begin, _ in transactions(segment.path)] == [1, 2, 3]


def test_a_transaction_without_an_end_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedLog, match="0-7-1 has no end"):
        collected(tmp_path, [FORMAT, *of_rows(1)[:-1], *of_rows(2)])


def test_rows_without_a_gtid_are_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedLog, match="outside a transaction"):
        collected(tmp_path, [FORMAT, ROWS])


@given(st.integers(0, 3), st.integers(0, 500), st.integers(1, 255))
def test_a_flipped_bit_is_found(which: int, at: int, bits: int) -> None:
    collector = MariaDBCollector(Path())
    collector.take(FORMAT)
    told = of_rows(5)
    damaged = bytearray(told[which])
    kind_byte = 4  # an event of an unknown kind may be one that is part of no transaction
    at = at % len(damaged)
    damaged[at + 1 if at == kind_byte else at] ^= bits
    for each in told[:which]:
        collector.take(each)
    with pytest.raises(DamagedLog, match="checksum"):
        collector.take(bytes(damaged))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 200))
def test_a_truncated_segment_is_found(tmp_path: Path, cut: int) -> None:
    segment = collected(tmp_path, [FORMAT, *of_rows(1), *of_rows(2)])
    whole = [begin for begin, _ in transactions(segment.path)]
    segment.path.write_bytes(segment.path.read_bytes()[:-cut])
    try:
        left = [begin for begin, _ in transactions(segment.path)]
    except DamagedLog:
        return
    assert left != whole, "at an event's border it is shorter, which its checksum tells"


@given(st.binary(max_size=80))
def test_any_bytes_are_an_event_or_damage(body: bytes) -> None:
    for kind in (mariadb.GTID, events.QUERY):
        whole = event(kind, body)
        try:
            mariadb.begin(whole)
            mariadb.ends_transaction(whole, alone=False, checksums=True)
        except DamagedLog:
            pass


def test_only_what_is_missing_is_cut_out(tmp_path: Path) -> None:
    segment = collected(tmp_path, [FORMAT, *of_rows(41), *of_rows(42, 9), *of_rows(43), *of_rows(44, 9)], "0-7-40")
    missing = from_state("0-7-43,0-9-42") - from_state("0-7-41")
    held = restore.cut(ENGINE, segment.path, tmp_path / "relay.000001", missing)
    assert held == from_state("0-7-43,0-9-42")
    cut = transactions(tmp_path / "relay.000001")
    assert [(begin.source, begin.number) for begin, _ in cut] == [("0-9", 42), ("0-7", 43)]


# --- positions -------------------------------------------------------------------------------------------------------


def test_a_moment_may_be_a_gtid() -> None:
    assert read_moment("0-7-42") == from_state("0-7-42")
    assert read_moment("0-7-42,0-9-40") == from_state("0-7-42,0-9-40")
    with pytest.raises(Refused, match="no time zone"):
        read_moment("2026-11-22")


@given(st.dictionaries(st.sampled_from(["0-7", "0-8", "0-9", "1-7"]), st.integers(1, 99), min_size=1))
def test_a_position_is_the_last_of_each_domain(last: dict[str, int]) -> None:
    held = from_state(",".join(f"{source}-{number}" for source, number in last.items()))
    for each in position(held).split(","):
        domain = each.partition("-")[0]
        assert int(each.rpartition("-")[2]) == max(n for source, n in last.items() if source.startswith(f"{domain}-"))
    assert from_state(to_state(held)) == held


# --- histories -------------------------------------------------------------------------------------------------------


class World:
    """A history, as it really was and as events tell it; an archive of it, and base backups.

    Writers take turns; a client may have set the clock of its session to anything.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        count = draw(st.integers(2, 30))
        now, writer = 1_000 * SECOND, 7
        cuts = draw(st.sets(st.integers(1, count))) | {count}
        """Where segments end. The primary is always asked before one is stored."""
        self.commits: list[Begin] = []
        """With the real times."""
        self.told: list[Begin] = []
        """With the times of the events."""
        self.looks: list[tuple[int, int]] = []
        for number in range(1, count + 1):
            now += draw(st.integers(1, 900_000))
            writer = draw(st.sampled_from([writer, writer, 7, 8, 9]))
            source = f"0-{writer}"
            began = now - draw(st.sampled_from([1, 400_000, 5 * SECOND]))
            set_by_client = draw(st.sampled_from([None, None, None, 0, 10**9 * SECOND]))
            second = (began if set_by_client is None else set_by_client) // SECOND * SECOND
            self.commits.append(Begin(source, number, now, 50))
            self.told.append(Begin(source, number, second, 50))
            if number in cuts or draw(st.booleans()):
                self.looks.append((number, now + draw(st.integers(0, 5))))
            now += 10
        self.until = now
        self.start = self.executed(draw(st.integers(1, count - 1)))
        self.first = self.count(self.start)
        self.segments: dict[int, list[Begin]] = {}
        self.chain = self._archived(cuts)
        bases = draw(st.sets(st.integers(self.first, count), min_size=1, max_size=3))
        self.bases = [self._base(at) for at in sorted(bases)]

    def count(self, held: GtidSet) -> int:
        return max((intervals[-1][1] for intervals in held.intervals.values()), default=0)

    def executed(self, count: int) -> GtidSet:
        """As a server tells it that has executed so many."""
        return from_state(",".join(f"{each.source}-{each.number}" for each in self.commits[:count]))

    def _base(self, at: int) -> Base:
        created = self.commits[at - 1].committed + 6
        return Base(f"{at:05d}", "db", created, "11.8.9", self.executed(at), "db-1", "gzip", (), 0, 0, {})

    def _archived(self, cuts: set[int]) -> Chain:
        opened = self.commits[self.first - 1].committed
        noted: list[marks.Mark] = [(self.first, opened)]
        for look in self.looks:
            if look[0] >= self.first:
                marks.add(noted, look)
        described: list[Segment] = []
        current: list[Begin] = []
        for at in range(self.first, len(self.told)):
            current.append(self.told[at])
            if at + 1 in cuts:
                after = self.executed(at + 1 - len(current))
                own = [mark for mark in marks.since(noted, self.count(after)) if mark[0] <= at + 1]
                times = [each.committed for each in marks.timed(current, own)]
                described.append(Segment(
                    len(described), "x", 10, "00", after, self.executed(at + 1) - after, times[0], max(times),
                    "11.8.9", marks=tuple(own),
                ))  # fmt: skip
                self.segments[len(described) - 1] = current
                current = []
        (chain,) = chains(
            ChainHead(1, opened, self.start, ""), described, Position(self.until, self.executed(len(self.told)))
        )
        return chain

    def read(self, segment: Segment) -> Iterator[Begin]:
        return marks.timed(self.segments[segment.number], segment.marks)

    def carried_out(self, found: Plan) -> GtidSet:
        missing = found.target - found.base.gtids
        held = [each for segment in found.segments for each in self.segments[segment.number]]
        taken = [each for each in held if restore.holds(missing, each)]
        assert [each.number for each in taken] == list(
            range(self.count(found.base.gtids) + 1, self.count(found.target) + 1)
        )
        return found.base.gtids | from_state(",".join(f"{each.source}-{each.number}" for each in taken))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return World(draw)


@settings(max_examples=examples(120))
@given(worlds(), st.integers(0, 40 * SECOND))
def test_nothing_from_before_the_moment_is_lost_and_what_is_after_it_is_bounded(world: World, after: int) -> None:
    moment = 1_000 * SECOND + after
    try:
        found = plan(world.bases, [world.chain], moment, world.read)
    except Refused:
        before = len([each for each in world.commits if each.committed <= moment])
        oldest = min(world.count(base.gtids) for base in world.bases)
        assert moment > world.until or before < oldest
        return
    held = world.count(found.target)
    assert world.carried_out(found) == found.target == world.executed(held)
    for each in world.commits:
        if each.committed <= moment:
            assert each.number <= held, "it was committed before the moment"
        elif each.number <= max(held, world.count(found.base.gtids)) and each.number > world.count(found.base.gtids):
            seen = [
                clock for number, clock in [(world.first, world.chain.opened), *world.looks] if number < each.number
            ]
            assert max(seen) <= moment, "the archive knew that it was committed after the moment"


@settings(max_examples=examples(60))
@given(worlds(), st.data())
def test_a_gtid_is_restored_with_everything_before_it_and_nothing_after(world: World, data: st.DataObject) -> None:
    last = data.draw(st.sampled_from(world.commits))
    try:
        found = plan(world.bases, [world.chain], from_state(f"{last.source}-{last.number}"), world.read)
    except Refused:
        assert last.number < min(world.count(base.gtids) for base in world.bases) or last.number <= world.first
        return
    assert found.target == world.executed(last.number) == world.carried_out(found)


def test_a_number_that_its_writer_never_gave_is_refused() -> None:
    after = from_state("0-7-2")
    told = [Begin("0-8", 3, SECOND, 9), Begin("0-7", 4, SECOND, 9)]
    segment = Segment(0, "x", 1, "", after, from_state("0-7-4,0-8-3") - after, SECOND, SECOND, "11.8.9")
    base = Base("1", "db", 0, "11.8.9", after, "db-1", "gzip", (), 0, 0, {})
    chain = Chain(0, after, (segment,), 2 * SECOND)
    with pytest.raises(Refused, match="there never was"):
        plan([base], [chain], from_state("0-7-3"), lambda _: told)
    assert plan([base], [chain], from_state("0-8-3"), lambda _: told).target == from_state("0-7-2,0-8-3")


def test_a_lost_segment_ends_the_chain() -> None:
    held = [NOTHING, from_state("0-7-2"), from_state("0-7-2,0-8-3"), from_state("0-7-9,0-8-3")]
    every = [
        Segment(at, "x", 1, "", held[at], held[at + 1] - held[at], at, at, "11.8.9") for at in range(len(held) - 1)
    ]
    head = ChainHead(1, 0, NOTHING, "")
    assert len(chains(head, every, None)) == 1
    assert [len(each.segments) for each in chains(head, [every[0], every[2]], None)] == [1, 1]
