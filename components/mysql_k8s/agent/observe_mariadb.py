"""Facts about a member's own MariaDB. What it executed is its binary log's state: replicas log what they apply."""

from __future__ import annotations

import re

from .facts import Channel, Local, Report
from .gtid import NOTHING, GtidSet
from .gtid_mariadb import from_state
from .identity import Kept, read_identity
from .mysqld import Mysqld, Row

OWN_IDENTITY = "CONCAT(@@GLOBAL.gtid_domain_id, '-', @@GLOBAL.server_id)"
"""How GTIDs that this server writes begin."""
SERVER = f"""
SELECT @@GLOBAL.gtid_binlog_state AS executed, @@GLOBAL.gtid_slave_pos AS followed, {OWN_IDENTITY} AS identity,
       @@version AS version, @@GLOBAL.read_only AS read_only, @@GLOBAL.rpl_semi_sync_master_enabled AS semi_sync
"""
RECEIVING = {"Yes": "Yes", "Connecting": "Connecting", "Preparing": "Connecting"}
_VERSION = re.compile(r"[\d.]+")


class MariaDBObserver:
    """Reads a member's facts, except those about accounts. Keeps what cannot change while the data does not."""

    def __init__(self, mysqld: Mysqld, ordinal: int) -> None:
        self._mysqld = mysqld
        self._ordinal = ordinal
        self._identity = Kept(mysqld, read_identity)
        self._purged = NOTHING
        self._purged_of: tuple[int, str] | None = None

    def observe(self) -> Local:
        """The member's facts. Raises Unreachable or pymysql.MySQLError."""
        server = self._mysqld.rows(SERVER)[0]
        replica = next(iter(self._mysqld.rows("SHOW SLAVE STATUS")), None)
        executed = from_state(server["executed"]) | from_state(server["followed"])
        identity = self._identity.at(server["executed"])
        report = Report(
            ordinal=self._ordinal,
            server_uuid=server["identity"],
            executed=executed,
            received=executed | received(replica),
            purged=self._read_purged(),
            writable=not server["read_only"],
            bootstrapped=identity is not None,
            receiving=replica is not None and replica["Slave_IO_Running"] in RECEIVING,
        )
        return Local(
            report=report,
            version=short_version(server["version"]),
            channel=channel_of(replica) if replica else None,
            primary_uuid=identity["primary_uuid"] if identity else None,
            semi_sync=bool(server["semi_sync"]),
        )

    def _read_purged(self) -> GtidSet:
        """What was written before the oldest binary log: its first event but one lists that."""
        oldest = self._mysqld.rows("SHOW BINARY LOGS")[0]["Log_name"]
        key = (self._mysqld.generation, oldest)
        if key != self._purged_of:
            events = self._mysqld.rows("SHOW BINLOG EVENTS IN %s LIMIT 3", (oldest,))
            self._purged = next(from_state(e["Info"].strip("[]")) for e in events if e["Event_type"] == "Gtid_list")
            self._purged_of = key
        return self._purged


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


def short_version(version: str) -> str:
    """``11.8.9-MariaDB-4 from Debian-log`` -> ``11.8.9``."""
    found = _VERSION.match(version)
    return found[0] if found else version
