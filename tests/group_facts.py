"""Short ways to write down facts about members of a group. The group's name is the UUID with number 9."""

from __future__ import annotations

import agent_facts
from agent_facts import UUIDS, gtids, report

from mysql_k8s.agent.facts import Facts, Local, Mark, Report, Silent
from mysql_k8s.agent.group import ONLINE, PRIMARY, RECOVERING, SECONDARY, Group, Seat
from mysql_k8s.agent.settings import GROUP, ForceStart, Settings

NAME = "00000009-0000-4000-8000-000000000000"
OTHER_NAME = "00000008-0000-4000-8000-000000000000"


def settings(*, members: int = 3, force: ForceStart | None = None) -> Settings:
    return Settings("db", "shop", "db", members, GROUP, clone_threshold=100, force_start=force)


def seats(primary: int | None, *others: int, gone: tuple[int, ...] = ()) -> tuple[Seat, ...]:
    """A group of these members; those in ``gone`` cannot be reached."""
    found = [Seat(UUIDS[o], settings().host(o), ONLINE, SECONDARY) for o in others]
    if primary is not None:
        found.append(Seat(UUIDS[primary], settings().host(primary), ONLINE, PRIMARY))
    found += [Seat(UUIDS[o], settings().host(o), "UNREACHABLE", SECONDARY) for o in gone]
    return tuple(found)


def inside(
    ordinal: int, executed: str, view: tuple[Seat, ...], *, state: str = ONLINE, epoch: str = "7", **changes: object
) -> Report:
    """A member that is in a group as it sees it."""
    role = next((seat.role for seat in view if seat.uuid == UUIDS[ordinal]), SECONDARY)
    name = NAME if executed else ""
    group = Group(name, epoch if executed else "", "7", state, "" if state == RECOVERING else role, view)
    changes.setdefault("writable", group.leads)
    return _of(ordinal, executed, group, **changes)


def outside(
    ordinal: int, executed: str = "", *, epoch: str = "7", name: str = NAME, state: str = "OFFLINE", **changes: object
) -> Report:
    """A member that is in no group; one that holds nothing belongs to none either."""
    belongs = bool(executed) and changes.get("bootstrapped", True)
    group = Group(name if belongs else "", epoch if belongs else "", state=state)
    return _of(ordinal, executed, group, **changes)


def _of(ordinal: int, executed: str, group: Group, **changes: object) -> Report:
    stopping = bool(changes.pop("stopping", False))
    made = report(ordinal, executed, **changes)  # type: ignore[arg-type]
    return Report(**{**vars(made), "group": group, "stopping": stopping})


def facts(own: Local | None, *peers: Report | Silent, **changes: object) -> Facts:
    return agent_facts.facts(own, *peers, **({"settings": settings()} | changes))  # type: ignore[arg-type]


def mark(held: str) -> Mark:
    return Mark(held=gtids(held))
