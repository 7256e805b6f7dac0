"""Facts about a member's own MariaDB. What it executed is its binary log's state: replicas log what they apply."""

from __future__ import annotations

from contextlib import suppress

from .beginning import ASKS_FOR_LOGS
from .facts import Channel, Local, Report
from .gtid import NOTHING, GtidSet
from .gtid_mariadb import from_state
from .identity import Kept, read_identity
from .mysqld import Mysqld, Row, Unreachable, short_version

OWN_IDENTITY = "CONCAT(@@GLOBAL.gtid_domain_id, '-', @@GLOBAL.server_id)"
"""How GTIDs that this server writes begin."""
SERVER = f"""
SELECT @@GLOBAL.gtid_binlog_state AS executed, @@GLOBAL.gtid_slave_pos AS followed, {OWN_IDENTITY} AS identity,
       @@version AS version, @@GLOBAL.read_only AS read_only, @@GLOBAL.rpl_semi_sync_master_enabled AS semi_sync
"""
WAITING = f"""
SELECT COALESCE(SUM({ASKS_FOR_LOGS}), 0) AS asked,
       COALESCE(MAX(IF(STATE = 'Waiting for semi-sync ACK from slave', TIME, 0)), 0) AS unacknowledged
FROM information_schema.PROCESSLIST
"""
LOGS_SECONDS = 5
"""So long the server may take to answer about its binary logs."""
RECEIVING = {"Yes": "Yes", "Connecting": "Connecting", "Preparing": "Connecting"}


class MariaDBObserver:
    """Reads a member's facts, except those about accounts. Keeps what cannot change while the data does not."""

    def __init__(self, mysqld: Mysqld, ordinal: int) -> None:
        self._mysqld = mysqld
        self._logs = mysqld.beside(LOGS_SECONDS)
        self._ordinal = ordinal
        self._identity = Kept(mysqld, read_identity)
        self._purged = NOTHING
        self._oldest = ""
        self._generation = 0

    def observe(self) -> Local:
        """The member's facts. Raises Unreachable or pymysql.MySQLError."""
        server = self._mysqld.rows(SERVER)[0]
        replica = next(iter(self._mysqld.rows("SHOW SLAVE STATUS")), None)
        executed = from_state(server["executed"]) | from_state(server["followed"])
        identity = self._identity.at(server["executed"])
        waiting = self._mysqld.rows(WAITING)[0]
        report = Report(
            ordinal=self._ordinal,
            server_uuid=server["identity"],
            executed=executed,
            received=executed | received(replica),
            purged=self._read_purged(asked=int(waiting["asked"])),
            writable=not server["read_only"],
            bootstrapped=identity is not None,
            receiving=replica is not None and replica["Slave_IO_Running"] in RECEIVING,
            unacknowledged_seconds=float(waiting["unacknowledged"]),
        )
        return Local(
            report=report,
            version=short_version(server["version"]),
            channel=channel_of(replica) if replica else None,
            primary_uuid=identity["primary_uuid"] if identity else None,
            semi_sync=bool(server["semi_sync"]),
        )

    def _read_purged(self, asked: int) -> GtidSet:
        """What was written before the oldest binary log, or what was read of it last, or nothing.

        While commits wait for a replica's acknowledgement, nothing about the logs is answered: whoever commits next
        holds their lock. A replica that is to end that wait must be able to ask this member for its state meanwhile.
        Nothing is purged then, as that needs the same lock; and a source without what it is asked for says so itself.
        """
        if self._generation != self._mysqld.generation:  # perhaps another server, with other data
            self._logs.close()
            self._purged, self._oldest, self._generation = NOTHING, "", self._mysqld.generation
        if not asked:  # one question that waits is enough
            with suppress(Unreachable):
                self._purged = self._ask_purged()
        return self._purged

    def _ask_purged(self) -> GtidSet:
        """The first event but one of a log lists what is in earlier ones."""
        oldest = self._logs.rows("SHOW BINARY LOGS")[0]["Log_name"]
        if oldest == self._oldest:
            return self._purged
        events = self._logs.rows("SHOW BINLOG EVENTS IN %s LIMIT 3", (oldest,))
        listed = next(event["Info"] for event in events if event["Event_type"] == "Gtid_list")
        self._oldest = oldest
        return from_state(listed.strip("[]"))


def received(replica: Row | None) -> GtidSet:
    """What a running replica has received. After a restart its relay log is of no use, as it is fetched again."""
    return from_state(replica["Gtid_IO_Pos"] or "") if replica else NOTHING


def channel_of(replica: Row) -> Channel:
    return Channel(
        source_host=replica["Master_Host"],
        receiving=RECEIVING.get(replica["Slave_IO_Running"], "No"),
        applying=replica["Slave_SQL_Running"] == "Yes",
        receive_error=int(replica["Last_IO_Errno"]),
        receive_message=replica["Last_IO_Error"] or "",
        apply_error=int(replica["Last_SQL_Errno"]),
        apply_message=replica["Last_SQL_Error"] or "",
    )
