"""A member's view of its group, as the data and performance_schema tell it. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

ONLINE, RECOVERING, ERROR, OFFLINE = "ONLINE", "RECOVERING", "ERROR", "OFFLINE"
PRIMARY, SECONDARY = "PRIMARY", "SECONDARY"
INSIDE = (ONLINE, RECOVERING)
GROUP_TABLE = (
    "CREATE SCHEMA IF NOT EXISTS mysql_k8s",
    "CREATE TABLE IF NOT EXISTS mysql_k8s.replication_group ("
    " id TINYINT PRIMARY KEY, name CHAR(36) NOT NULL, epoch VARCHAR(32) NOT NULL DEFAULT '')",
)
"""Where the data says which group it belongs to."""


@dataclass(frozen=True)
class Seat:
    """A member as another one sees it: a row of performance_schema.replication_group_members."""

    uuid: str
    host: str
    state: str
    role: str


@dataclass(frozen=True)
class Group:
    """What a member knows of its group."""

    name: str = ""
    """The group that the member's data belongs to; empty if it has none yet."""
    epoch: str = ""
    """Which start of the group the data last took part in. A start from nothing or after an outage makes a new one."""
    running: str = ""
    """The epoch of the group that the member is in now; empty outside."""
    state: str = OFFLINE
    role: str = ""
    seats: tuple[Seat, ...] = ()

    @property
    def has_majority(self) -> bool:
        """The member is in a group and reaches more than half of it."""
        reached = sum(seat.state in INSIDE for seat in self.seats)
        return self.state in INSIDE and 2 * reached > len(self.seats)

    @property
    def serves(self) -> bool:
        """The member is a full part of a group that can decide."""
        return self.state == ONLINE and self.has_majority

    @property
    def leads(self) -> bool:
        """The member is the primary of a group that can decide."""
        return self.serves and self.role == PRIMARY

    @property
    def primary(self) -> Seat | None:
        return next((seat for seat in self.seats if seat.role == PRIMARY), None)

    @property
    def whole(self) -> bool:
        """Nothing is going on in the group."""
        return all(seat.state == ONLINE for seat in self.seats)

    def counts(self, uuid: str) -> bool:
        """Whether the group still counts the server with this UUID among its members."""
        return any(seat.uuid == uuid for seat in self.seats)


def group_to_json(group: Group) -> dict[str, Any]:
    return asdict(group)


def group_from_json(raw: dict[str, Any]) -> Group:
    """Raises KeyError or TypeError for anything that is not a group."""
    seats = tuple(Seat(s["uuid"], s["host"], s["state"], s["role"]) for s in raw["seats"])
    return Group(raw["name"], raw["epoch"], raw["running"], raw["state"], raw["role"], seats)
