"""The members, as a client over the network sees them: whom to copy from, whom to follow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pymysql

from ..agent import dump
from ..agent.gtid import GtidSet
from .settings import CA_FILE, Settings, password

CLONE = "mysql_k8s_clone"
REPLICATION = "mysql_k8s_replication"

CLOCK = "CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"
"""A server's clock at the moment at which it is read, not at which the statement began: microseconds since 1970."""


@dataclass(frozen=True)
class Member:
    """What a member says of itself. ``now`` was read last: its clock, microseconds since 1970."""

    host: str
    server_uuid: str
    purged: GtidSet
    executed: GtidSet
    version: str
    now: int
    writable: bool = False
    """It accepts writes of clients."""


Look = Callable[["pymysql.Connection[Any]", str], Member]
"""Asks a server, whose host is given too. Raises pymysql.MySQLError."""


def connect(settings: Settings, host: str, user: str, secret: str) -> pymysql.Connection[Any]:
    """Raises pymysql.MySQLError."""
    return dump.connect(host, settings.port, user, password(secret), CA_FILE)


def look_at_all(settings: Settings, look: Look) -> list[Member]:
    """Every member that answers, by ordinal. What cannot be reached is left out."""
    found: list[Member] = []
    for host in settings.members:
        with contextlib.suppress(pymysql.MySQLError, OSError):
            connection = connect(settings, host, CLONE, "clone")
            with contextlib.closing(connection):
                found.append(look(connection, host))
    return found


def primary_of(settings: Settings, members: Sequence[Member]) -> Member | None:
    """Who has everything that clients were told: the first one, or in a group the one that accepts writes (pure).

    A group opens its primary for writes once that has applied all that the group agreed on. None: nobody can tell now.
    Two that accept writes are one that was cut off, and is about to notice it, and its successor.
    """
    if not settings.in_group:
        return next((member for member in members if member.host == settings.members[0]), None)
    writable = [member for member in members if member.writable]
    return writable[0] if len(writable) == 1 else None


def donor(members: Sequence[Member], primary: Member | None) -> Member | None:
    """Whom to clone from: the newest replica without errant transactions, else the primary (pure)."""
    filled = [member for member in members if member.executed]
    of_primary = primary if primary in filled else None
    replicas = [member for member in filled if member != primary]
    if of_primary is not None:
        # A replica may be a moment ahead of what the primary said: it was asked later.
        own = of_primary.server_uuid
        replicas = [m for m in replicas if not (m.executed - of_primary.executed).without_source(own)]
    return max(replicas, key=lambda member: len(member.executed), default=of_primary)


def equal(members: Sequence[Member]) -> Member | None:
    """Whom to copy from where all members hold the same: one that takes no writes, and of these the newest (pure)."""
    in_step = [member for member in members if member.executed]
    return max(in_step, key=lambda member: (not member.writable, len(member.executed)), default=None)
