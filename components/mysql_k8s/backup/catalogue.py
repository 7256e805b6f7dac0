"""What lies on a backup target, as values: base backups, and the archive's chains of segments. Pure.

Every document is JSON. Times are microseconds since 1970 by the clock of the server that was backed up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..agent.gtid import GtidSet

FORMAT = 1
"""Raised when older programs could not restore what newer ones write."""


class DamagedCatalogue(Exception):
    """A document on the target cannot be read, or was written by a newer program."""


@dataclass(frozen=True)
class Part:
    """An object that holds a piece of a base backup."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Base:
    """A base backup, as its manifest describes it. It exists once its manifest does."""

    id: str
    cluster: str
    created: int
    """No transaction in it is younger than this."""
    server_version: str
    gtids: GtidSet
    """Exactly the transactions that it holds."""
    source: str
    codec: str
    parts: tuple[Part, ...]
    files: int
    raw_bytes: int
    tools: Mapping[str, str]
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    """By table: ``CHECKSUM TABLE`` of the copy, which depends on the server's version."""
    engine: str = "mysql"
    """``mysql`` or ``mariadb``."""
    galera: bool = False
    """Its transactions are those of a Galera cluster's history, which no binary log names."""

    @property
    def stored_bytes(self) -> int:
        return sum(part.size for part in self.parts)

    def to_json(self) -> str:
        return _dump(self, parts=[vars(part) for part in self.parts])

    @staticmethod
    def parse(text: str) -> Base:
        """Raises DamagedCatalogue."""
        with _Reading("a manifest") as reading:
            raw = reading.load(text)
            return Base(
                id=str(raw["id"]),
                cluster=str(raw["cluster"]),
                created=int(raw["created"]),
                server_version=str(raw["server_version"]),
                gtids=GtidSet.parse(raw["gtids"]),
                source=str(raw["source"]),
                codec=str(raw["codec"]),
                parts=tuple(Part(str(p["name"]), int(p["size"]), str(p["sha256"])) for p in raw["parts"]),
                files=int(raw["files"]),
                raw_bytes=int(raw["raw_bytes"]),
                tools=dict(raw["tools"]),
                checksums=dict(raw.get("checksums", {})),
                engine=str(raw.get("engine", "mysql")),
                galera=bool(raw.get("galera", False)),
            )


@dataclass(frozen=True)
class Segment:
    """A run of whole transactions, in the order in which they were committed."""

    number: int
    object: str
    size: int
    sha256: str
    after: GtidSet
    """Every transaction that comes before it."""
    gtids: GtidSet
    first: int
    """When its first transaction was committed."""
    latest: int
    """When the youngest of its transactions was committed."""
    server_version: str
    last_gtid: str = ""
    """Its last transaction, ``uuid:number`` or ``uuid:tag:number``; empty in what an earlier release wrote."""
    last_committed: int = 0
    """When that one was committed, as its events tell it."""
    marks: tuple[tuple[int, int], ...] = ()
    """What tells when its transactions were committed, where events do not: see ``marks``."""

    def to_json(self) -> str:
        return _dump(self)

    @staticmethod
    def parse(text: str) -> Segment:
        """Raises DamagedCatalogue."""
        with _Reading("a segment's description") as reading:
            raw = reading.load(text)
            return Segment(
                number=int(raw["number"]),
                object=str(raw["object"]),
                size=int(raw["size"]),
                sha256=str(raw["sha256"]),
                after=GtidSet.parse(raw["after"]),
                gtids=GtidSet.parse(raw["gtids"]),
                first=int(raw["first"]),
                latest=int(raw["latest"]),
                server_version=str(raw["server_version"]),
                last_gtid=str(raw.get("last_gtid", "")),
                last_committed=int(raw.get("last_committed", 0)),
                marks=tuple((int(number), int(clock)) for number, clock in raw.get("marks", ())),
            )


@dataclass(frozen=True)
class ChainHead:
    """Where a chain begins: with everything that the server had executed then."""

    number: int
    opened: int
    start: GtidSet
    why: str

    def to_json(self) -> str:
        return _dump(self)

    @staticmethod
    def parse(text: str) -> ChainHead:
        """Raises DamagedCatalogue."""
        with _Reading("a chain's head") as reading:
            raw = reading.load(text)
            return ChainHead(int(raw["number"]), int(raw["opened"]), GtidSet.parse(raw["start"]), str(raw["why"]))


@dataclass(frozen=True)
class Position:
    """How far a chain reaches: it holds every transaction that was committed up to ``until``."""

    until: int
    gtids: GtidSet

    def to_json(self) -> str:
        return _dump(self)

    @staticmethod
    def parse(text: str) -> Position:
        """Raises DamagedCatalogue."""
        with _Reading("a chain's position") as reading:
            raw = reading.load(text)
            return Position(int(raw["until"]), GtidSet.parse(raw["gtids"]))


@dataclass(frozen=True)
class Chain:
    """Segments of which each begins where the one before ended."""

    opened: int
    """The server held ``start`` no later than this."""
    start: GtidSet
    segments: tuple[Segment, ...]
    until: int
    """Complete up to here."""

    @property
    def gtids(self) -> GtidSet:
        """Everything up to its end."""
        return self.segments[-1].after | self.segments[-1].gtids if self.segments else self.start


def chains(head: ChainHead, segments: Iterable[Segment], position: Position | None) -> list[Chain]:
    """The chain as it can be used: where a segment is missing, what follows is a chain of its own."""
    ordered = sorted(segments, key=lambda segment: segment.number)
    runs: list[list[Segment]] = []
    for segment in ordered:
        before = runs[-1][-1] if runs else None
        if before is not None and segment.after == before.after | before.gtids:
            runs[-1].append(segment)
        else:
            runs.append([segment])
    found: list[Chain] = []
    for run in runs:
        from_head = run[0].after == head.start
        opened = head.opened if from_head else run[0].first
        found.append(Chain(opened, run[0].after, tuple(run), run[-1].latest))
    if not found:
        found.append(Chain(head.opened, head.start, (), head.opened))
    last = found[-1]
    if position is not None and position.gtids == last.gtids:
        found[-1] = Chain(last.opened, last.start, last.segments, max(last.until, position.until))
    return found


def _dump(document: object, **replaced: object) -> str:
    fields = vars(document)
    plain = {key: str(value) if isinstance(value, GtidSet) else value for key, value in fields.items()}
    return json.dumps({"format": FORMAT, **plain, **replaced}, indent=1, default=dict) + "\n"


class _Reading:
    """Turns whatever is wrong with a document into DamagedCatalogue."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> _Reading:
        return self

    def load(self, text: str) -> dict[str, Any]:
        raw = json.loads(text)
        if raw["format"] > FORMAT:
            raise DamagedCatalogue(f"{self._what} was written by a newer program: restore with that one")
        return raw

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, KeyError | TypeError | ValueError | AttributeError):
            raise DamagedCatalogue(f"{self._what} cannot be read: {error}") from error
