"""Short ways to write down facts about members of a Galera cluster. Its history is the UUID with number 9."""

from __future__ import annotations

from dataclasses import replace

import agent_facts
from agent_facts import UUIDS

from mysql_k8s.agent.facts import Facts, Local, Mark, Report, Silent
from mysql_k8s.agent.galera import FRESH, SYNCED, WHOLE, GaleraMember, position
from mysql_k8s.agent.group import ERROR, OFFLINE, ONLINE, PRIMARY, RECOVERING, SECONDARY, Group, Seat
from mysql_k8s.agent.gtid import NOTHING
from mysql_k8s.agent.settings import GALERA, MARIADB, ForceStart, GaleraSettings, Settings

HISTORY, OTHER_HISTORY = UUIDS[9], UUIDS[8]


def settings(*, members: int = 3, force: ForceStart | None = None, **galera: object) -> Settings:
    declared = GaleraSettings(**galera)  # type: ignore[arg-type]
    return Settings("db", "shop", "db", members, GALERA, engine=MARIADB, force_start=force, galera=declared)


def inside(
    ordinal: int, seqno: int, view: tuple[int, ...] = (0, 1, 2), *, writer: int | None = 0, **changes: object
) -> Report:
    """A full member of a cluster of these members."""
    seats = tuple(Seat(f"db-{o}", settings().host(o), ONLINE, PRIMARY if o == writer else SECONDARY) for o in view)
    role = PRIMARY if ordinal == writer else SECONDARY
    group = Group(HISTORY, HISTORY, HISTORY, ONLINE, role, seats)
    changes.setdefault("writable", ordinal == writer)
    return _of(ordinal, seqno, group, **changes)


def waiting(ordinal: int, seqno: int = 0, *, history: str = HISTORY, **changes: object) -> Report:
    """A member whose run.sh waits for an order."""
    own = history if seqno else ""
    return _of(ordinal, seqno, Group(own, own, state=OFFLINE), **changes)


def joining(ordinal: int, seqno: int = 0, **changes: object) -> Report:
    own = HISTORY if seqno else ""
    return _of(ordinal, seqno, Group(own, own, state=RECOVERING), **changes)


def alone(ordinal: int, seqno: int, **changes: object) -> Report:
    """mariadbd runs and reaches no majority."""
    return _of(ordinal, seqno, Group(HISTORY, HISTORY, state=ERROR), **changes)


def _of(ordinal: int, seqno: int, group: Group, **changes: object) -> Report:
    held = position(group.name, seqno)
    made = Report(ordinal, f"db-{ordinal}", held, held, NOTHING, bootstrapped=bool(held), group=group)
    return replace(made, **changes)  # type: ignore[arg-type]


def local(own: Report, *, writer: int | None = 0, **changes: object) -> Local:
    """``writer``, ``kind``, ``failed``, ``queue`` and ``state`` are of the GaleraMember."""
    known: dict[str, object] = {"writer": writer, "state": SYNCED, "kind": WHOLE if own.received else FRESH}
    for name in ("kind", "failed", "queue", "state"):
        if name in changes:
            known[name] = changes.pop(name)
    return Local(own, "11.8.9-MariaDB", galera=GaleraMember(**known), **changes)  # type: ignore[arg-type]


def facts(own: Local | None, *peers: Report | Silent, **changes: object) -> Facts:
    return agent_facts.facts(own, *peers, **({"settings": settings()} | changes))  # type: ignore[arg-type]


def mark(seqno: int, history: str = HISTORY) -> Mark:
    return Mark(held=position(history, seqno))
