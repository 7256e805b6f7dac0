"""Archives binary logs while they are written: follows a server by GTID and stores what it sends every second or two.

What is stored is never behind what is claimed: first the segment's object, under a name of its own each time, then the
description that names it, then the position. After a crash everything goes on from what the descriptions say.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pymysql

from ..agent.gtid import NOTHING, GtidSet
from . import donors, marks
from .catalogue import ChainHead, DamagedCatalogue, Position, Segment
from .donors import Member
from .engines import engine_of
from .events import HEARTBEAT, HEARTBEAT_2, Begin, DamagedLog
from .layout import HEAD, POSITION, Layout, read_chain, read_heads
from .marks import Mark
from .segments import SegmentFile
from .settings import SPOOL, Settings
from .sources import Gap, refuse_another_history, source_of
from .store import Store, TargetError

FOLDER = SPOOL / "archive"
"""Of the archiver alone, who empties it: others in the same pod list and read backups meanwhile."""
CLOCK_SECONDS = 1.0
"""How often the primary's clock is read."""
MARGIN = 1_000_000
"""Microseconds: a transaction gets its time of commit a moment before it is sent."""
LONGEST_OPEN_SECONDS = 600.0
"""A segment that is older is closed, however small."""
RETRY_SECONDS = 2.0
SLOWEST = 1 << 20
"""Bytes per second: a segment that goes more slowly is taken for one that does not go on."""
DOUBT_SECONDS = 10.0
"""What looks like a gap for so long is one: while a group changes its primary, members are not yet what they seem."""

Say = Callable[[str], None]


@dataclass
class Progress:
    """What is told about the archive. Times are microseconds since 1970, by the source's clock."""

    chain: int = 0
    chain_opened: int = 0
    archived: GtidSet = NOTHING
    until: int = 0
    source: str = ""
    problem: str = "starting"
    gaps: int = 0
    last_gap: str = ""
    uploads: int = 0
    upload_failures: int = 0
    beat: float = 0.0
    """When it was last seen to go on; while a segment goes to the target, when that must be over."""


class Archiver:
    """One chain after another. ``on_new_chain`` is told when a base backup is needed."""

    def __init__(self, settings: Settings, store: Store, say: Say, on_new_chain: Callable[[ChainHead], None]) -> None:
        self.progress = Progress(beat=time.monotonic())
        self._settings = settings
        self._store = store
        self._layout = Layout(settings.cluster)
        self._engine = engine_of(settings)
        self._say = say
        self._on_new_chain = on_new_chain
        self._ending = threading.Event()
        self._segment: SegmentFile | None = None
        self._opened = 0.0
        self._next_number = 0
        self._stored_until = 0
        self._flushed = 0.0
        self._last: Segment | None = None
        self._doubted: float | None = None
        self._marks: list[Mark] = []
        """Since a moment before the open segment's first transaction."""

    def end(self) -> None:
        """Store what there is, then return from ``run``."""
        self._ending.set()

    def run(self) -> None:
        """Until ``end``. Everything that can pass is tried again."""
        while not self._ending.is_set():
            try:
                self._attempt()
            except (pymysql.MySQLError, OSError, TargetError, DamagedLog, Gap) as error:
                self._report(f"{type(error).__name__}: {error}")
            self.progress.beat = time.monotonic()
            self._ending.wait(RETRY_SECONDS)

    def rest(self, meanwhile: Callable[[], None]) -> None:
        """Archive nothing until ``end``: the pod is there for the commands that list backups."""
        self.progress.problem = "point_in_time is off"
        while not self._ending.wait(RETRY_SECONDS):
            with contextlib.suppress(TargetError, DamagedCatalogue):  # the state tells what the target has
                meanwhile()
            self.progress.beat = time.monotonic()

    def _report(self, problem: str) -> None:
        if problem != self.progress.problem:
            self._say(problem)
        self.progress.problem = problem

    def _attempt(self) -> None:
        self._continue_chain()
        members = donors.look_at_all(self._settings, self._engine.look)
        if self._ending.is_set():
            return
        primary = donors.primary_of(self._settings, members)
        if primary is None:
            self._report(self._no_primary(members))
            return
        if not primary.executed:
            self._report("the primary is empty")
            return
        if not self.progress.chain:
            self._open_chain(primary, "the archive begins")
        try:
            source = source_of(self.progress.archived, members, primary)
            self._check_history(source)
            self._follow(source, primary)
        except Gap as gap:
            if not self._is_certain():
                self._report(f"looks like a gap: {gap}")
                return
            self.progress.gaps += 1
            self.progress.last_gap = str(gap)
            self._say(f"gap: {gap}")
            self._open_chain(primary, str(gap))
            self._follow(primary, primary)

    def _no_primary(self, members: list[Member]) -> str:
        if not self._settings.in_group:
            return f"the primary, {self._settings.members[0]}, does not answer"
        writable = [member.host for member in members if member.writable]
        if writable:
            return f"{' and '.join(writable)} accept writes: waiting until one of them has noticed that it may not"
        return f"no member of the group accepts writes; {len(members)} of {len(self._settings.members)} answer"

    def _is_certain(self) -> bool:
        now = time.monotonic()
        self._doubted = self._doubted or now
        return now - self._doubted >= DOUBT_SECONDS

    def _check_history(self, source: Member) -> None:
        self._allow_for(self._last.size if self._last else 0)
        with contextlib.closing(self._connect(source.host, "replication")) as feed:
            refuse_another_history(feed, self._engine.log, source, self._last)

    # --- chains --------------------------------------------------------------------------------------------------

    def _continue_chain(self) -> None:
        """Go on where the target says that the newest chain ends; nothing is taken from memory."""
        self._segment = self._last = None
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        heads = read_heads(self._store, self._layout)
        if not heads:
            return
        head = heads[-1]
        chain = read_chain(self._store, self._layout, head)[-1]
        self._last = chain.segments[-1] if chain.segments else None
        self._next_number = self._last.number + 1 if self._last else self._next_free(head)
        self.progress.chain, self.progress.archived = head.number, chain.gtids
        self.progress.chain_opened = head.opened
        self.progress.until = self._stored_until = chain.until
        self._marks = list(self._last.marks) if self._last else self._first_mark(head)

    def _next_free(self, head: ChainHead) -> int:
        keys = self._store.keys(self._layout.chain(head.number, ""))
        numbers = [int(name[:8]) for name in (key.rpartition("/")[2] for key in keys) if name[:8].isdigit()]
        return max(numbers, default=-1) + 1

    def _open_chain(self, primary: Member, why: str) -> None:
        """Begin with all that the primary has executed: what a base backup that is taken from now on holds."""
        head = ChainHead(self.progress.chain + 1, primary.now, primary.executed, why)
        self._store.put_text(self._layout.chain(head.number, HEAD), head.to_json())
        self._say(f"chain {head.number} begins: {why}")
        self.progress.chain_opened = head.opened
        self.progress.chain, self.progress.archived, self.progress.until = head.number, head.start, head.opened
        self._next_number, self._stored_until, self._segment = 0, head.opened, None
        self._marks = self._first_mark(head)
        self._on_new_chain(head)

    def _first_mark(self, head: ChainHead) -> list[Mark]:
        number = self._engine.log.mark(head.start)
        return [] if number is None else [(number, head.opened)]

    # --- following -----------------------------------------------------------------------------------------------

    def _follow(self, source: Member, primary: Member) -> None:
        """Until another source is better. Raises pymysql.MySQLError, OSError, TargetError or DamagedLog."""
        log = self._engine.log
        collector = log.collector(FOLDER)
        with contextlib.ExitStack() as stack:
            clock = stack.enter_context(contextlib.closing(self._connect(primary.host, "clone")))
            feed = stack.enter_context(contextlib.closing(self._connect(source.host, "replication")))
            self._note_mark(primary)
            looked, looked_at = primary, time.monotonic()
            for event in log.events(feed, self.progress.archived):
                self.progress.source, self._doubted = source.host, None
                done = collector.take(event)
                if done is not None and collector.format_event is not None:
                    if self._has_another_format(collector.format_event):
                        self._look(clock, primary.host)
                        self._close_segment()
                    self._add(collector.format_event, *done)
                elif event[4] in (HEARTBEAT, HEARTBEAT_2) and source.host == primary.host:
                    self._note_idle(looked)
                ending = self._ending.is_set()
                if ending or self._is_due() or time.monotonic() - looked_at >= CLOCK_SECONDS:
                    looked, looked_at = self._look(clock, primary.host), time.monotonic()
                    if ending or not self._is_still_best(source, looked):
                        break
                    self._flush_if_due()
                self.progress.beat = time.monotonic()
                del event  # it may be large, and the next one, too
            self._flush()

    def _look(self, clock: pymysql.Connection[Any], host: str) -> Member:
        """Ask the primary how far it is. Always before something is stored: then a mark tells of all that it holds."""
        looked = self._engine.look(clock, host)
        self._note_mark(looked)
        return looked

    def _note_mark(self, primary: Member) -> None:
        number = self._engine.log.mark(primary.executed)
        if number is not None:
            marks.add(self._marks, (number, primary.now))

    def _reached(self, begin: Begin) -> int:
        """Everything that was committed up to then is here, once this transaction is."""
        if not self._marks:
            return begin.committed
        number, clock = self._marks[-1]
        return clock - MARGIN if begin.number >= number else 0

    def _note_idle(self, primary: Member) -> None:
        """The primary has nothing more to send: if all that it had executed is here, nothing older can be missing."""
        segment = self._segment
        collected = segment.after | segment.gtids if segment is not None else self.progress.archived
        if primary.executed <= collected:
            self.progress.until = max(self.progress.until, primary.now - MARGIN)

    def _is_still_best(self, source: Member, primary: Member) -> bool:
        """A group may have another primary; a replica is followed only until the primary has what comes next."""
        if self._settings.in_group and not primary.writable:
            return False
        return source.host == primary.host or not primary.purged <= self.progress.archived

    def _connect(self, host: str, account: str) -> pymysql.Connection[Any]:
        user = donors.CLONE if account == "clone" else donors.REPLICATION
        return donors.connect(self._settings, host, user, account)

    def _add(self, format_event: bytes, begin: Begin, transaction: Any) -> None:
        if self._segment is None:
            self._segment = self._new_segment(format_event)
        with transaction:
            self._segment.add(begin, transaction)
        self.progress.until = max(self.progress.until, self._reached(begin))

    def _has_another_format(self, format_event: bytes) -> bool:
        """A segment is of one version of the server."""
        return self._segment is not None and self._segment.format_event[19:71] != format_event[19:71]

    def _new_segment(self, format_event: bytes) -> SegmentFile:
        number, after, log = self._next_number, self.progress.archived, self._engine.log
        self._marks = marks.since(self._marks, log.mark(after) or 0)
        self._opened = time.monotonic()
        self._next_number += 1
        opening = log.opening(format_event, after)
        return SegmentFile(FOLDER / f"{number:08d}", number, after, format_event, opening, self._marks)

    def _allow_for(self, size: int) -> None:
        """Nobody is to take for a standstill what so many bytes need."""
        self.progress.beat = time.monotonic() + size / SLOWEST

    # --- storing -------------------------------------------------------------------------------------------------

    def _is_full(self) -> bool:
        return self._segment is not None and self._segment.size >= self._settings.segment_bytes

    def _is_due(self) -> bool:
        return self._is_full() or time.monotonic() - self._flushed >= self._settings.flush_seconds

    def _flush_if_due(self) -> None:
        if self._is_due():
            self._flush()
            is_old = time.monotonic() - self._opened >= LONGEST_OPEN_SECONDS
            if self._is_full() or (self._segment is not None and is_old):
                self._close_segment()

    def _close_segment(self) -> None:
        self._flush()
        if self._segment is not None:
            self._segment.path.unlink()
        self._segment = None

    def _flush(self) -> None:
        """Store what is new. Raises TargetError; then the connection is given up and all of it is fetched again."""
        try:
            if self._segment is not None and self._segment.stored != self._segment.size:
                self.store_segment(self._segment)
            if self.progress.until > self._stored_until:
                position = Position(self.progress.until, self.progress.archived)
                self._store.put_text(self._layout.chain(self.progress.chain, POSITION), position.to_json())
                self._stored_until = self.progress.until
        except TargetError:
            self.progress.upload_failures += 1
            raise
        self._flushed = time.monotonic()
        self.progress.problem = ""

    def store_segment(self, segment: SegmentFile) -> None:
        """Anew, under another name, with what it has become. Raises TargetError."""
        chain = self.progress.chain
        before = f"{segment.number:08d}.{segment.stored}.binlog"
        name = f"{segment.number:08d}.{segment.size}.binlog"
        self._allow_for(segment.size)
        self._store.put(segment.path, self._layout.chain(chain, name))
        described = segment.described(name)
        self._store.put_text(self._layout.chain(chain, f"{segment.number:08d}.json"), described.to_json())
        if segment.stored:
            self._store.delete(self._layout.chain(chain, before))
        segment.stored = segment.size
        self.progress.archived = described.after | described.gtids
        self.progress.uploads += 1
