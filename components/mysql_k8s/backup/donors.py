"""The members, as a client over the network sees them: whom to copy from, whom to follow."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymysql

from ..agent.gtid import GtidSet
from . import stream
from .settings import CA_FILE, Settings, password

CLONE = "mysql_k8s_clone"
REPLICATION = "mysql_k8s_replication"
_LOOK = (
    "SELECT @@server_uuid, @@gtid_purged, @@gtid_executed, @@version,"
    " CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"
)


@dataclass(frozen=True)
class Member:
    """What a member says of itself. ``now`` was read last: its clock, microseconds since 1970."""

    host: str
    server_uuid: str
    purged: GtidSet
    executed: GtidSet
    version: str
    now: int


def connect(settings: Settings, host: str, user: str, secret: str) -> pymysql.Connection[Any]:
    """Raises pymysql.MySQLError."""
    return stream.connect(host, settings.port, user, password(secret), CA_FILE)


def look(connection: pymysql.Connection[Any], host: str) -> Member:
    """Raises pymysql.MySQLError."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK)
        uuid, purged, executed, version, now = cursor.fetchone()
    return Member(host, uuid, GtidSet.parse(purged), GtidSet.parse(executed), version.partition("-")[0], int(now))


def look_at_all(settings: Settings) -> list[Member]:
    """Every member that answers, the primary first. What cannot be reached is left out."""
    found: list[Member] = []
    for host in settings.members:
        with contextlib.suppress(pymysql.MySQLError, OSError):
            connection = connect(settings, host, CLONE, "clone")
            with contextlib.closing(connection):
                found.append(look(connection, host))
    return found


def donor(members: Sequence[Member], primary: str) -> Member | None:
    """Whom to clone from: the newest replica without errant transactions, else the primary (pure)."""
    filled = [member for member in members if member.executed]
    of_primary = next((member for member in filled if member.host == primary), None)
    replicas = [member for member in filled if member.host != primary]
    if of_primary is not None:
        # A replica may be a moment ahead of what the primary said: it was asked later.
        own = of_primary.server_uuid
        replicas = [m for m in replicas if not (m.executed - of_primary.executed).without_source(own)]
    return max(replicas, key=lambda member: len(member.executed), default=of_primary)
