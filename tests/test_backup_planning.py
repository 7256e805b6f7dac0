"""Which base backup and which segments lead to a moment: against a model that knows the whole history."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from effort import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.backup import retention
from mysql_k8s.backup.catalogue import Base, Chain, ChainHead, DamagedCatalogue, Part, Position, Segment, chains
from mysql_k8s.backup.events import Begin
from mysql_k8s.backup.planning import Plan, Refused, gathered, needed, plan, read_moment, show_time

UUIDS = ("00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b")


def gtids(text: str) -> GtidSet:
    return GtidSet.parse(text.replace("a:", f"{UUIDS[0]}:").replace("b:", f"{UUIDS[1]}:"))


def base(created: int, held: GtidSet, **changes: object) -> Base:
    made = Base(
        id=f"{created:05d}", cluster="orders", created=created, server_version="9.7.4", gtids=held, source="orders-1",
        codec="gzip", parts=(Part("part-00000", 10, "00"),), files=3, raw_bytes=30, tools={"python": "3.11"},
    )  # fmt: skip
    return replace(made, **changes)


class World:
    """A history of commits, an archive of it that begins somewhere, and base backups of it."""

    def __init__(self, commits: list[Begin], archived_from: int, cuts: set[int], bases: set[int]) -> None:
        self.commits = commits
        self.segments: dict[int, list[Begin]] = {}
        self.start = self.executed(archived_from)
        self.opened = commits[archived_from - 1].committed if archived_from else 0
        described: list[Segment] = []
        current: list[Begin] = []
        for at in range(archived_from, len(commits)):
            current.append(commits[at])
            if at in cuts or at == len(commits) - 1:
                number = len(described)
                described.append(
                    Segment(
                        number, f"{number}.binlog", 100, "00", self.executed(at + 1 - len(current)), as_set(current),
                        current[0].committed, max(each.committed for each in current), "9.7.4",
                    )
                )  # fmt: skip
                self.segments[number] = current
                current = []
        self.until = (commits[-1].committed if commits else 0) + 5
        self.chain = Chain(self.opened, self.start, tuple(described), self.until)
        self.bases = [base(self.time_after(at), self.executed(at)) for at in sorted(bases)]

    def executed(self, count: int) -> GtidSet:
        return as_set(self.commits[:count])

    def time_after(self, count: int) -> int:
        return self.commits[count - 1].committed if count else 0

    def state_at(self, moment: int) -> GtidSet:
        """What a server that never forgets had executed."""
        return as_set([commit for commit in self.commits if commit.committed <= moment])

    def read(self, segment: Segment) -> list[Begin]:
        return self.segments[segment.number]


def as_set(commits: list[Begin]) -> GtidSet:
    numbers: dict[str, list[int]] = {}
    for commit in commits:
        numbers.setdefault(commit.source, []).append(commit.number)
    return gathered(numbers)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    sources = draw(st.lists(st.sampled_from(UUIDS), min_size=1, max_size=25))
    pauses = draw(st.lists(st.integers(1, 9), min_size=len(sources), max_size=len(sources)))
    numbers, now, commits = dict.fromkeys(UUIDS, 0), 100, list[Begin]()
    for source, pause in zip(sources, pauses, strict=True):
        numbers[source] += 1
        now += pause
        commits.append(Begin(source, numbers[source], now, 50))
    positions = st.integers(0, len(commits))
    return World(commits, draw(positions), draw(st.sets(positions)), draw(st.sets(positions, min_size=1, max_size=4)))


def carried_out(found: Plan, world: World) -> GtidSet:
    """What a server holds that carries out the plan: apply() takes just what is in the target, in order."""
    held = found.base.gtids
    for segment in found.segments:
        held |= as_set([begin for begin in world.read(segment) if as_set([begin]) <= found.target])
    return held


@settings(max_examples=examples(120))
@given(worlds(), st.integers(90, 400))
def test_a_plan_leads_to_the_moment_exactly_or_is_refused(world: World, moment: int) -> None:
    usable = [
        each for each in world.bases if world.start <= each.gtids <= world.state_at(moment) and moment <= world.until
    ]
    try:
        found = plan(world.bases, [world.chain], moment, world.read)
    except Refused:
        assert not [each for each in usable if moment >= min(world.opened, each.created)]
        return
    assert found.target == world.state_at(moment)
    assert carried_out(found, world) == found.target
    assert len(found.base.gtids) == max(len(each.gtids) for each in usable)


@settings(max_examples=examples(60))
@given(worlds(), st.data())
def test_a_gtid_is_restored_with_everything_before_it_and_nothing_after(world: World, data: st.DataObject) -> None:
    last = data.draw(st.integers(1, len(world.commits)))
    wanted = as_set([world.commits[last - 1]])
    try:
        found = plan(world.bases, [world.chain], wanted, world.read)
    except Refused:
        able = [each for each in world.bases if world.start <= each.gtids <= world.executed(last)]
        assert not able or wanted <= world.start
        return
    assert found.target == world.executed(last)
    assert carried_out(found, world) == found.target


@given(worlds())
def test_the_newest_state_is_all_that_there_is(world: World) -> None:
    found = plan(world.bases, [world.chain], None, world.read)
    assert carried_out(found, world) == found.target
    fitting = [each for each in world.bases if world.start <= each.gtids]
    if fitting:
        assert found.target == world.executed(len(world.commits))


@settings(max_examples=examples(60))
@given(worlds(), st.integers(90, 400), st.data())
def test_a_lost_segment_never_leads_to_a_wrong_state(world: World, moment: int, data: st.DataObject) -> None:
    if not world.chain.segments:
        return
    lost = data.draw(st.sampled_from(world.chain.segments))
    left = [segment for segment in world.chain.segments if segment is not lost]
    head = ChainHead(1, world.opened, world.start, "")
    found_chains = chains(head, left, Position(world.until, world.chain.gtids))
    try:
        found = plan(world.bases, found_chains, moment, world.read)
    except Refused:
        return
    assert found.target == world.state_at(moment)
    assert carried_out(found, world) == found.target


@settings(max_examples=examples(60))
@given(worlds(), st.integers(1, 3), st.integers(90, 400))
def test_retention_takes_no_moment_away_that_a_kept_base_leads_to(world: World, keep: int, moment: int) -> None:
    kept = [each for each in world.bases if each not in retention.expired(world.bases, keep, [])]
    try:
        before = plan(kept, [world.chain], moment, world.read)
    except Refused:
        return
    gone = retention.unneeded(world.chain, kept)
    left = [segment for segment in world.chain.segments if segment not in gone]
    head = ChainHead(1, world.opened, world.start, "")
    shortened = chains(head, left, Position(world.until, world.chain.gtids))
    assert plan(kept, shortened, moment, world.read).target == before.target


def test_the_newest_verified_base_is_never_deleted() -> None:
    bases = [base(day, gtids(f"a:1-{day}")) for day in range(1, 6)]
    assert [each.id for each in retention.expired(bases, 2, ["00001", "00002"])] == ["00001", "00003"]
    assert retention.expired(bases, 9, []) == []


def test_what_was_never_completed_is_deleted_once_a_newer_one_is_complete() -> None:
    keys = [f"orders/base/{id}/part-00000" for id in ("00001", "00002", "00003")]
    assert retention.abandoned(keys, [base(2, NOTHING)]) == ["00001"]


def test_another_history_is_not_mixed_with_this_one() -> None:
    """A primary that lost transactions begins a new chain: what it lost belongs to the old one alone."""
    begins = {
        1: [Begin(UUIDS[0], number, 100 + number, 50) for number in (1, 2, 3, 4, 5)],
        2: [Begin(UUIDS[1], 1, 210, 50)],
    }
    old = Segment(1, "1", 9, "", NOTHING, gtids("a:1-5"), 101, 105, "9.7.4")
    new = Segment(2, "2", 9, "", gtids("a:1-3"), gtids("b:1"), 210, 210, "9.7.4")
    archive = [Chain(100, NOTHING, (old,), 106), Chain(200, gtids("a:1-3"), (new,), 300)]
    bases = [base(100, NOTHING), base(201, gtids("a:1-3"))]

    def read(segment: Segment) -> list[Begin]:
        return begins[segment.number]

    assert plan(bases, archive, 105, read).target == gtids("a:1-5")
    assert plan(bases, archive, 250, read).target == gtids("a:1-3,b:1")
    assert plan(bases, archive, None, read).target == gtids("a:1-3,b:1")
    with pytest.raises(Refused):
        plan(bases[:1], archive, 250, read)


def test_without_an_archive_a_base_backup_is_restored_as_it_is() -> None:
    only = base(100, gtids("a:1-5"))
    assert plan([only], [], None, lambda _: []).target == only.gtids
    assert plan([only], [], only.gtids, lambda _: []).segments == ()
    with pytest.raises(Refused, match="no archive"):
        plan([only], [], 150, lambda _: [])


def test_only_what_is_needed_is_fetched() -> None:
    segments = tuple(
        Segment(n, str(n), 9, "", gtids(f"a:1-{n}0") if n else NOTHING, gtids(f"a:{n}1-{n + 1}0"), n, n, "")
        for n in range(4)
    )
    chain = Chain(0, NOTHING, segments, 9)
    assert [each.number for each in needed(chain, gtids("a:1-15"), gtids("a:1-25"))] == [1, 2]


@pytest.mark.parametrize("text", ["2026-11-22T03:00:00Z", "2026-11-22T05:00:00.000001+02:00"])
def test_a_time_is_read_and_shown(text: str) -> None:
    moment = read_moment(text)
    assert isinstance(moment, int)
    assert dt.datetime.fromisoformat(show_time(moment)) == dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(("text", "why"), [("2026-11-22T03:00:00", "no time zone"), ("yesterday", "neither a time")])
def test_a_moment_that_is_not_clear_is_refused(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read_moment(text)


def test_documents_come_back_as_they_were() -> None:
    taken = base(5, gtids("a:1-7,b:2"))
    assert Base.parse(taken.to_json()) == taken
    segment = Segment(3, "00000003.9.binlog", 9, "ab", gtids("a:1"), gtids("a:2"), 5, 6, "9.7.4")
    assert Segment.parse(segment.to_json()) == segment
    assert Position.parse(Position(7, gtids("a:1")).to_json()) == Position(7, gtids("a:1"))
    head = ChainHead(1, 2, gtids("a:1"), "because")
    assert ChainHead.parse(head.to_json()) == head


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 2}', '{"format": 1, "gtids": "x"}'])
def test_a_damaged_document_is_no_backup(text: str) -> None:
    with pytest.raises(DamagedCatalogue):
        Base.parse(text)
