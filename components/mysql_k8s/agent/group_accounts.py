"""What only a group needs in its members' data: its identity, and rights of the internal accounts."""

from __future__ import annotations

import contextlib
import uuid

import pymysql

from . import accounts
from .engine_mysql import INTERNAL
from .group import GROUP_TABLE
from .mysqld import Mysqld

GROUP_GRANTS = "GRANT GROUP_REPLICATION_STREAM, CONNECTION_ADMIN ON *.* TO {0}"
"""For members that talk to each other over mysqld's own port; CONNECTION_ADMIN, as offline_mode must not cut them off.

Not BACKUP_ADMIN: without it Group Replication itself can never clone over a member that holds data. The agent clones,
with an account of its own, and onto empty members only.
"""
ELECTION_COMPONENT = "file://component_group_replication_elect_prefers_most_updated"


def grant_to_members(mysqld: Mysqld) -> None:
    """Let members talk to this one. On this member only."""
    mysqld.run("SET SESSION sql_log_bin = 0")
    try:
        mysqld.run(GROUP_GRANTS.format(accounts.quoted(accounts.REPLICATION)))
    finally:
        mysqld.run("SET SESSION sql_log_bin = 1")


def prefer_most_updated(mysqld: Mysqld) -> None:
    """Have elections prefer the member that has applied most: it opens soonest. On this member only.

    The component comes with MySQL 9.7; where it is absent, the lowest UUID is elected as before.
    """
    if mysqld.rows("SELECT 1 FROM mysql.component WHERE component_urn = %s", (ELECTION_COMPONENT,)):
        return
    mysqld.run("SET SESSION sql_log_bin = 0")
    try:
        with contextlib.suppress(pymysql.MySQLError):
            mysqld.run(f"INSTALL COMPONENT '{ELECTION_COMPONENT}'")
    finally:
        mysqld.run("SET SESSION sql_log_bin = 1")


def record_group(mysqld: Mysqld) -> None:
    """Give the data a group: a name that no other group has, for life. The first transactions of all."""
    mysqld.run(*GROUP_TABLE)
    mysqld.rows("INSERT IGNORE INTO mysql_k8s.replication_group (id, name) VALUES (1, %s)", (str(uuid.uuid4()),))


def record_epoch(mysqld: Mysqld) -> None:
    """Write into the data, through the group, which start of the group this is."""
    mysqld.run(
        *accounts.IDENTITY_TABLE,
        "INSERT IGNORE INTO mysql_k8s.cluster (id, primary_uuid) VALUES (1, '')",
        "UPDATE mysql_k8s.replication_group SET epoch ="
        " (SELECT SUBSTRING_INDEX(VIEW_ID, ':', 1) FROM performance_schema.replication_group_member_stats"
        " WHERE MEMBER_ID = @@server_uuid) WHERE id = 1",
    )


def align_through_group(mysqld: Mysqld) -> None:
    """Give the internal accounts the mounted passwords on every member, through the binary log.

    Members that run keep the passwords they joined with: to connect again after a short fault they need the old one.
    """
    for account in INTERNAL:
        mysqld.rows(
            f"ALTER USER {accounts.quoted(account.user).replace('%', '%%')} IDENTIFIED BY %s RETAIN CURRENT PASSWORD",
            (accounts.password(account.secret),),
        )
