"""Which base backup and which segments lead to a moment, exactly. Pure.

A chain tells in which order everything was committed. The server's state at a moment is what the chain starts from and
every transaction in it up to the first one that is younger than the moment. A base backup fits if it holds all that the
chain starts from and nothing that is not in that state.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..agent.gtid import GtidSet
from ..agent.gtid_mariadb import from_state, is_source
from .catalogue import Base, Chain, Segment
from .events import Begin

Transactions = Callable[[Segment], Iterable[Begin]]
"""Reads what a segment holds, in order."""

Moment = int | GtidSet | None
"""Microseconds since 1970; or the transactions that must be in it, everything before them included; or the newest."""


class Refused(Exception):
    """What was asked for cannot be restored exactly."""


@dataclass(frozen=True)
class Plan:
    """Unpack ``base``, then apply what ``segments`` hold of ``target``: that is everything, and nothing else."""

    base: Base
    segments: tuple[Segment, ...]
    target: GtidSet
    until: int
    """The restored state is the server's as of this time."""


def plan(bases: Sequence[Base], chains: Sequence[Chain], moment: Moment, read: Transactions) -> Plan:
    """The plan with the least to apply. Raises Refused if the moment cannot be reached exactly."""
    if not bases:
        raise Refused("there is no base backup")
    if moment is None:
        return newest(bases, chains)
    why: list[str] = []
    for chain in reversed(chains):
        try:
            target = state_at(chain, moment, read)
            return _from_base(bases, chain, target, moment)
        except Refused as refused:
            why.append(str(refused))
    fitting = [base for base in bases if isinstance(moment, GtidSet) and base.gtids == moment]
    if fitting:
        return Plan(fitting[-1], (), fitting[-1].gtids, fitting[-1].created)
    raise Refused(
        "; ".join(dict.fromkeys(why))
        or f"there is no archive of binary logs, and no base backup of that state: choose one by its id, {_ids(bases)}"
    )


def just(bases: Sequence[Base], id: str) -> Plan:
    """One base backup as it is. Raises Refused if it is not there."""
    for base in bases:
        if base.id == id:
            return Plan(base, (), base.gtids, base.created)
    raise Refused(f"there is no base backup {id}; there is {_ids(bases) or 'none'}")


def _ids(bases: Sequence[Base]) -> str:
    return ", ".join(base.id for base in bases)


def newest(bases: Sequence[Base], chains: Sequence[Chain]) -> Plan:
    """As far as base backups and archive reach."""
    last = max(bases, key=lambda base: base.created)
    plans = [Plan(last, (), last.gtids, last.created)]
    for chain in chains:
        fitting = [base for base in bases if chain.start <= base.gtids <= chain.gtids]
        if fitting:
            base = max(fitting, key=lambda each: len(each.gtids))
            until = max(chain.until, base.created if base.gtids == chain.gtids else 0)
            plans.append(Plan(base, needed(chain, base.gtids, chain.gtids), chain.gtids, until))
    return max(plans, key=lambda each: (each.until, len(each.target)))


def state_at(chain: Chain, moment: int | GtidSet, read: Transactions) -> GtidSet:
    """What the server had executed at the moment. Raises Refused if the chain does not tell."""
    if isinstance(moment, GtidSet):
        return _state_with(chain, moment, read)
    for segment in chain.segments:
        if segment.latest > moment:
            return segment.after | _prefix(read(segment), lambda begin: begin.committed > moment)
    if moment > chain.until:
        raise Refused(f"{show_time(moment)} is after the end of the archive, {show_time(chain.until)}")
    return chain.gtids


def _state_with(chain: Chain, wanted: GtidSet, read: Transactions) -> GtidSet:
    missing = wanted - chain.gtids
    if missing:
        raise Refused(f"the archive does not hold {missing}")
    if wanted <= chain.start:
        raise Refused(f"{wanted} is before the beginning of the archive")
    for segment in chain.segments:
        reached = segment.after | segment.gtids
        if not wanted <= reached:
            continue
        reached = segment.after
        for begin in read(segment):
            reached |= one(begin)
            if wanted <= reached:
                _check_named(wanted, begin)
                break
        return reached
    return chain.gtids


def _check_named(wanted: GtidSet, last: Begin) -> None:
    """A number that MariaDB's writer never gave stands for nothing. Raises Refused."""
    if not one(last) <= wanted:
        raise Refused(f"{wanted} names a transaction that there never was; the next one is {last.number}")


def _prefix(transactions: Iterable[Begin], is_after: Callable[[Begin], bool]) -> GtidSet:
    numbers: dict[str, list[int]] = {}
    for begin in transactions:
        if is_after(begin):
            break
        numbers.setdefault(begin.source, []).append(begin.number)
    return gathered(numbers)


def _from_base(bases: Sequence[Base], chain: Chain, target: GtidSet, moment: int | GtidSet) -> Plan:
    def known_to_be_before(base: Base) -> bool:
        return isinstance(moment, GtidSet) or moment >= chain.opened or moment >= base.created

    fitting = [base for base in bases if chain.start <= base.gtids <= target and known_to_be_before(base)]
    if not fitting:
        raise Refused(_why_no_base(bases, chain))
    base = max(fitting, key=lambda each: len(each.gtids))
    segments = needed(chain, base.gtids, target)
    until = moment if isinstance(moment, int) else max((each.latest for each in segments), default=base.created)
    return Plan(base, segments, target, until)


def _why_no_base(bases: Sequence[Base], chain: Chain) -> str:
    in_chain = [base for base in bases if chain.start <= base.gtids <= chain.gtids]
    if not in_chain:
        return "no base backup belongs to the part of the archive that holds that moment"
    oldest = min(in_chain, key=lambda base: base.created)
    return f"that moment is before the oldest base backup, {oldest.id} of {show_time(oldest.created)}"


def needed(chain: Chain, have: GtidSet, target: GtidSet) -> tuple[Segment, ...]:
    """The segments that hold anything of ``target`` that is not in ``have``."""
    missing = target - have
    return tuple(segment for segment in chain.segments if (missing - (missing - segment.gtids)))


def gathered(numbers: Mapping[str, Sequence[int]]) -> GtidSet:
    """The set with these transactions, by source. One of MariaDB's stands for all up to it: see ``gtid_mariadb``."""
    text = ",".join(
        f"{source}:1-{max(all_of)}" if is_source(source) else source + "".join(f":{n}" for n in all_of)
        for source, all_of in numbers.items()
    )
    return GtidSet.parse(text)


def one(begin: Begin) -> GtidSet:
    """The set with just this transaction, or what it stands for."""
    return gathered({begin.source: [begin.number]})


def show_time(moment: int) -> str:
    """As people write it, to the microsecond, in UTC."""
    return dt.datetime.fromtimestamp(moment / 1_000_000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: str) -> Moment:
    """``2026-11-22T03:00:00Z``, a GTID set, MariaDB's GTIDs, or nothing for the newest. Raises Refused otherwise."""
    if not text:
        return None
    for read in (GtidSet.parse, _read_time, from_state):
        try:
            return read(text)
        except ValueError:
            pass
    raise Refused(f"{text} is neither a time, such as 2026-11-22T03:00:00Z, nor a GTID set")


def _read_time(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise Refused(f"{text} has no time zone: add Z for UTC, or an offset such as +02:00")
    since = moment - dt.datetime.fromtimestamp(0, dt.UTC)
    return since // dt.timedelta(microseconds=1)
