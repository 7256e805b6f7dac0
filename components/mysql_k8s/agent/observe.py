"""Facts about the member's own mysqld, read with a few cheap queries."""

from __future__ import annotations

import contextlib

import pymysql

from .facts import Channel, Local, Report
from .gtid import GtidSet
from .mysqld import Mysqld, Row

SERVER = """
SELECT @@server_uuid AS server_uuid, @@gtid_executed AS executed, @@gtid_purged AS purged, @@version AS version,
       @@super_read_only OR @@read_only AS read_only, @@offline_mode AS offline,
       (SELECT VARIABLE_VALUE FROM performance_schema.global_variables
         WHERE VARIABLE_NAME = 'rpl_semi_sync_source_enabled') AS semi_sync,
       (SELECT COUNT(*) FROM performance_schema.processlist WHERE INFO LIKE 'CLONE INSTANCE%') AS clones
"""
IDENTITY = "SELECT primary_uuid, declared FROM mysql_k8s.cluster WHERE id = 1"
CLONE_PROGRESS = """
SELECT COALESCE(SUM(DATA), 0) AS done, COALESCE(SUM(ESTIMATE), 0) AS total FROM performance_schema.clone_progress
 WHERE STAGE IN ('FILE COPY', 'PAGE COPY', 'REDO COPY')
"""
NO_SUCH_TABLE = frozenset({1049, 1146})


def observe(mysqld: Mysqld, ordinal: int) -> Local:
    """The member's facts, except those about accounts. Raises Unreachable."""
    # The channel first: what was received may be executed a moment later, and must not look lost in between.
    channel_row = next(iter(mysqld.rows("SHOW REPLICA STATUS")), None)
    server = mysqld.rows(SERVER)[0]
    identity = read_identity(mysqld)
    executed = GtidSet.parse(server["executed"])
    received = GtidSet.parse(channel_row["Retrieved_Gtid_Set"]) if channel_row else GtidSet({})
    report = Report(
        ordinal=ordinal,
        server_uuid=server["server_uuid"],
        executed=executed,
        received=executed | received,
        purged=GtidSet.parse(server["purged"]),
        writable=not server["read_only"] and not server["offline"],
        bootstrapped=identity is not None,
    )
    return Local(
        report=report,
        version=server["version"],
        offline=bool(server["offline"]),
        channel=channel_of(channel_row) if channel_row else None,
        cloning=bool(server["clones"]),
        primary_uuid=identity["primary_uuid"] if identity else None,
        semi_sync=server["semi_sync"] == "ON",
    )


def read_identity(mysqld: Mysqld) -> Row | None:
    """The cluster's identity as this member's data records it, or None if the data has none."""
    try:
        return next(iter(mysqld.rows(IDENTITY)), None)
    except pymysql.MySQLError as error:
        if error.args[0] in NO_SUCH_TABLE:
            return None
        raise


def channel_of(row: Row) -> Channel:
    return Channel(
        source_host=row["Source_Host"],
        receiving=row["Replica_IO_Running"],
        applying=row["Replica_SQL_Running"] == "Yes",
        receive_error=int(row["Last_IO_Errno"]),
        receive_message=row["Last_IO_Error"],
        apply_error=int(row["Last_SQL_Errno"]),
        apply_message=row["Last_SQL_Error"],
    )


def clone_progress(mysqld: Mysqld) -> tuple[int, int]:
    """Bytes copied and bytes expected of the clone under way; (0, 0) if there is nothing to tell."""
    with contextlib.suppress(pymysql.MySQLError):
        row = mysqld.rows(CLONE_PROGRESS)[0]
        return int(row["done"]), int(row["total"])
    return 0, 0


def certificate_not_after(mysqld: Mysqld) -> str | None:
    """When the server's certificate ends, as mysqld tells it, e.g. ``Nov 21 20:55:30 2029 GMT``."""
    rows = mysqld.rows("SHOW GLOBAL STATUS LIKE 'Ssl_server_not_after'")
    return str(rows[0]["Value"]) or None if rows else None
