"""MariaDB's GTIDs as sets, so that the arithmetic and every rule that is built on it hold for both engines. Pure.

A GTID is ``domain-server-sequence``. With ``gtid_strict_mode`` the sequence numbers of a domain only ever grow in a
binary log, whoever wrote them. So what a server holds of one writer is everything up to the last number that its binary
log state names: the interval from 1. That reading needs a server id that is never used again for another history;
``run.sh`` draws one for every volume.
"""

from __future__ import annotations

import re

from .gtid import GtidSet

_SOURCE = re.compile(r"\d+-\d+")
_GTID = re.compile(r"(\d+-\d+)-(\d+)")


def is_source(source: str) -> bool:
    """Whether a set's source is a writer of MariaDB's, ``domain-server``, and no UUID."""
    return bool(_SOURCE.fullmatch(source))


def from_state(text: str) -> GtidSet:
    """The set that a position or a binary log state (``0-5-2,0-7-4``) stands for. Raises ValueError otherwise."""
    last: dict[str, int] = {}
    for item in "".join(text.split()).split(","):
        if item:
            source, number = _parse(item)
            last[source] = max(number, last.get(source, 0))
    return _up_to(last)


def to_state(held: GtidSet) -> str:
    """The binary log state of a server that holds just this set.

    In the order of their numbers: MariaDB takes the one that is named last for the newest of its domain.
    """
    ordered = sorted(_last(held).items(), key=lambda item: (item[1], item[0]))
    return ",".join(f"{source}-{last}" for source, last in ordered)


def position(held: GtidSet) -> str:
    """The last GTID of every domain: from where a replica that holds just this set goes on."""
    last: dict[str, tuple[int, str]] = {}
    for source, number in _last(held).items():
        domain = source.partition("-")[0]
        last[domain] = max(last.get(domain, (0, "")), (number, source))
    return ",".join(f"{source}-{number}" for number, source in last.values())


def state_at(position: str, before: GtidSet, after: GtidSet) -> GtidSet:
    """What a copy holds that was taken at ``position``, of a server that held ``before`` first and ``after`` later.

    A position names only each domain's last GTID; the state names every writer's. As numbers grow along the history, a
    writer's last one is in the copy if it is not above the position's; of a writer that went on, ``before`` tells.
    """
    reached = {source.partition("-")[0]: (source, number) for source, number in _last(from_state(position)).items()}
    held = dict(_last(before))
    for source, number in _last(after).items():
        _, most = reached.get(source.partition("-")[0], ("", 0))
        if number <= most:
            held[source] = number
    held |= dict(reached.values())
    return _up_to(held)


def _parse(item: str) -> tuple[str, int]:
    found = _GTID.fullmatch(item)
    if not found:
        raise ValueError(f"not a GTID of MariaDB: {item!r}")
    return found[1], int(found[2])


def _last(held: GtidSet) -> dict[str, int]:
    return {source: intervals[-1][1] for source, intervals in held.intervals.items()}


def _up_to(last: dict[str, int]) -> GtidSet:
    return GtidSet({source: ((1, last[source]),) for source in sorted(last) if last[source]})
