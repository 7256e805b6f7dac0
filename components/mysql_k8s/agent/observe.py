"""Facts about the member's own mysqld, in one cheap query a round: the agent shares the pod's processor with it."""

from __future__ import annotations

from .facts import Channel, Local, Report
from .gtid import NOTHING, GtidSet
from .identity import Kept, read_identity
from .mysqld import Mysqld, Row

SERVER = """
SELECT @@server_uuid AS server_uuid, @@gtid_executed AS executed, @@gtid_purged AS purged, @@version AS version,
       @@super_read_only OR @@read_only AS read_only, @@offline_mode AS offline,
       source.HOST AS source_host, receiver.SERVICE_STATE AS receiving, receiver.RECEIVED_TRANSACTION_SET AS received,
       receiver.LAST_ERROR_NUMBER AS receive_error, receiver.LAST_ERROR_MESSAGE AS receive_message,
       applier.SERVICE_STATE AS applying,
       COALESCE(worker.number, coordinator.LAST_ERROR_NUMBER, 0) AS apply_error,
       COALESCE(worker.message, coordinator.LAST_ERROR_MESSAGE, '') AS apply_message,
       {semi_sync} AS semi_sync
  FROM (SELECT 1) AS one
  LEFT JOIN performance_schema.replication_connection_configuration AS source ON source.CHANNEL_NAME = ''
  LEFT JOIN performance_schema.replication_connection_status AS receiver ON receiver.CHANNEL_NAME = ''
  LEFT JOIN performance_schema.replication_applier_status AS applier ON applier.CHANNEL_NAME = ''
  LEFT JOIN performance_schema.replication_applier_status_by_coordinator AS coordinator ON coordinator.CHANNEL_NAME = ''
  LEFT JOIN (SELECT LAST_ERROR_NUMBER AS number, LAST_ERROR_MESSAGE AS message
               FROM performance_schema.replication_applier_status_by_worker
              WHERE CHANNEL_NAME = '' AND LAST_ERROR_NUMBER <> 0 LIMIT 1) AS worker ON TRUE
"""
CLONES = "SELECT COUNT(*) AS running FROM performance_schema.processlist WHERE INFO LIKE 'CLONE INSTANCE%'"
RECEIVING = {"ON": "Yes", "CONNECTING": "Connecting"}


class Observer:
    """Reads a member's facts, except those about accounts. Keeps what cannot change while the data does not."""

    def __init__(self, mysqld: Mysqld, ordinal: int, *, semi_sync: bool) -> None:
        self._mysqld = mysqld
        self._ordinal = ordinal
        # The variable exists only where the plugin is loaded.
        self._server = SERVER.format(semi_sync="@@rpl_semi_sync_source_enabled" if semi_sync else "0")
        self._identity = Kept(mysqld, read_identity)

    def observe(self) -> Local:
        """The member's facts. Raises Unreachable or pymysql.MySQLError."""
        server = self._mysqld.rows(self._server)[0]
        identity = self._identity.at(server["executed"])
        executed = GtidSet.parse(server["executed"])
        received = GtidSet.parse(server["received"] or "")
        report = Report(
            ordinal=self._ordinal,
            server_uuid=server["server_uuid"],
            executed=executed,
            received=executed | received,
            purged=GtidSet.parse(server["purged"]),
            writable=not server["read_only"] and not server["offline"],
            bootstrapped=identity is not None,
            receiving=bool(server["source_host"]) and server["receiving"] in RECEIVING,
        )
        return Local(
            report=report,
            version=server["version"],
            offline=bool(server["offline"]),
            channel=channel_of(server) if server["source_host"] else None,
            # Only an empty member clones, so that nobody else needs to be asked.
            cloning=executed == NOTHING and bool(self._mysqld.rows(CLONES)[0]["running"]),
            primary_uuid=identity["primary_uuid"] if identity else None,
            semi_sync=bool(server["semi_sync"]),
        )


def channel_of(server: Row) -> Channel:
    return Channel(
        source_host=server["source_host"],
        receiving=RECEIVING.get(server["receiving"], "No"),
        applying=server["applying"] == "ON",
        receive_error=int(server["receive_error"] or 0),
        receive_message=server["receive_message"] or "",
        apply_error=int(server["apply_error"]),
        apply_message=server["apply_message"],
    )


def certificate_not_after(mysqld: Mysqld) -> str | None:
    """When the server's certificate ends, as mysqld tells it, e.g. ``Nov 21 20:55:30 2029 GMT``."""
    rows = mysqld.rows("SHOW GLOBAL STATUS LIKE 'Ssl_server_not_after'")
    return str(rows[0]["Value"]) or None if rows else None
