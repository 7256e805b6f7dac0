"""How a member's data began: whether its binary log makes all of it, out of what a new data directory holds.

Then an empty member may apply that log from its beginning, where it would else copy all data. Proven is:

1. The oldest binary log begins with ``MARK``, which is written as the first transaction of all, and only where nothing
   but what this server's own initialisation makes was there. Whoever resets or purges the logs takes it away.
2. The version that wrote this log is the one that runs.
3. Nothing is there now that may have been written past the log: no tables, views, routines or events outside of the
   server's own schemas, and no schema or account but those that are declared.
"""

from __future__ import annotations

from dataclasses import dataclass

import pymysql

from .accounts import Account
from .facts import Report
from .mysqld import Mysqld, Row, Unreachable, short_version
from .settings import Settings

MOST_TRANSACTIONS = 200
"""Where there are more, a member is copied. Provisioning writes 5, 1 for a database, and for a user 3 and 1 for each of
its databases."""
MARK = "CREATE SCHEMA IF NOT EXISTS mysql_k8s /* where nothing was */"
ANSWER_SECONDS = 5
SERVERS_SCHEMAS = ("information_schema", "mysql", "performance_schema", "sys")
ASKS_FOR_LOGS = "INFO LIKE 'SHOW BIN%'"
"""Such a session may have to wait while commits do."""
FIRST_EVENTS = "SHOW BINLOG EVENTS LIMIT 6"


@dataclass(frozen=True)
class Initialised:
    """What differs between servers when such things are looked for."""

    accounts: tuple[str, ...]
    """What initialising a data directory makes, as ``user@host``."""
    extensions: tuple[str, ...]
    """Tables of the schema ``mysql`` that it leaves empty, and that may be filled past the binary log."""
    sessions: str
    """The table that lists the server's sessions."""


class Beginning:
    """Looks at a server, on a connection of its own: it may have to wait for the binary logs, and nobody for it."""

    def __init__(self, mysqld: Mysqld, initialised: Initialised, internal: tuple[Account, ...]) -> None:
        self._mysqld = mysqld.beside(ANSWER_SECONDS)
        self._initialised = initialised
        self._internal = internal

    def version(self, report: Report, settings: Settings) -> str:
        """The version whose new data directory this member's binary log makes all data out of.

        Empty if it does not, if the log is no shorter way than a copy, or if nobody can tell now. ``report``: its own.
        """
        if report.purged or len(report.executed) > MOST_TRANSACTIONS:
            return ""
        try:
            if is_asked(self._mysqld, self._initialised):
                return ""
            # First what is there: the first transactions may be arriving just now.
            new = report.empty and self._holds_only(None)
            version = version_of_log(self._mysqld.rows(FIRST_EVENTS), new=new)
            runs = short_version(self._mysqld.rows("SELECT @@version AS version")[0]["version"])
            return version if version == runs and (new or self._holds_only(settings)) else ""
        except (pymysql.MySQLError, Unreachable):
            return ""
        finally:
            self._mysqld.close()

    def _holds_only(self, settings: Settings | None) -> bool:
        return holds_only(self._mysqld, self._initialised, self._internal, settings)


def is_asked(mysqld: Mysqld, initialised: Initialised) -> bool:
    """Whether another session asks for the binary logs now. Raises Unreachable or pymysql.MySQLError."""
    return bool(mysqld.rows(f"SELECT 1 FROM {initialised.sessions} WHERE {ASKS_FOR_LOGS} LIMIT 1"))


def version_of_log(events: list[Row], *, new: bool) -> str:
    """Who wrote the oldest log, by its first events; empty if it does not begin as it must.

    ``new``: there was no data a moment ago, so that nothing is missing in a log that holds no transaction yet.
    """
    first = next((event["Info"] for event in events if event["Event_type"] == "Query"), "")
    begins_well = first.startswith(MARK) or (new and not first)
    return short_version(events[0]["Info"].removeprefix("Server ver: ")) if begins_well else ""


def holds_only(
    mysqld: Mysqld, initialised: Initialised, internal: tuple[Account, ...], settings: Settings | None
) -> bool:
    """Whether nothing is there but what initialising, the agents and ``settings`` make; None: they made nothing yet."""
    schemas, users = SERVERS_SCHEMAS, tuple(account.user for account in internal)
    if settings is not None:
        schemas += ("mysql_k8s", *settings.databases)
        users += tuple(user.name for user in settings.users)
    accounts = (*initialised.accounts, *(f"{user}@%" for user in users))
    ours = (*SERVERS_SCHEMAS, "mysql_k8s")
    extensions = "".join(f" + (SELECT COUNT(*) FROM mysql.{table})" for table in initialised.extensions)
    found = mysqld.rows(
        "SELECT (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN %s)"
        " + (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN %s)"
        " + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN %s)"
        " + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN %s)"
        f" + (SELECT COUNT(*) FROM mysql.user WHERE CONCAT(User, '@', Host) NOT IN %s){extensions} AS more",
        (schemas, ours, SERVERS_SCHEMAS, SERVERS_SCHEMAS, accounts),
    )
    return not found[0]["more"]
