"""Oracle's MySQL behind the seam: GTID sets, CLONE, and ``offline_mode`` to keep clients out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from .accounts import ADMIN, CLONE, REPLICATION, Account, password
from .beginning import Initialised
from .clone import CloneProvisioner
from .engine import Provisioner, Statements, Watcher
from .mysqld import Mysqld
from .observe import Observer
from .server import Serve
from .settings import MYSQL_PORT, TLS_FOLDER, Settings

NOT_FOR_ADMIN = (
    "SUPER, CONNECTION_ADMIN, SYSTEM_USER, SYSTEM_VARIABLES_ADMIN, SESSION_VARIABLES_ADMIN, PERSIST_RO_VARIABLES_ADMIN,"
    " REPLICATION_SLAVE_ADMIN, REPLICATION_APPLIER, BINLOG_ADMIN, GROUP_REPLICATION_ADMIN, CLONE_ADMIN, SHUTDOWN"
)
"""What would let a remote account make a replica writable, write past the binary log, clone over data, or change the
internal accounts."""

INTERNAL = (
    Account(REPLICATION, "replication", ("GRANT REPLICATION SLAVE, SYSTEM_USER ON *.* TO {0}",)),
    Account(CLONE, "clone", ("GRANT BACKUP_ADMIN, SYSTEM_USER ON *.* TO {0}",)),
    Account(
        ADMIN,
        "admin",
        ("GRANT ALL PRIVILEGES ON *.* TO {0} WITH GRANT OPTION", f"REVOKE {NOT_FOR_ADMIN} ON *.* FROM {{0}}"),
    ),
)

STATEMENTS = Statements(
    closed="@@read_only OR @@super_read_only OR @@offline_mode",
    own_identity="@@server_uuid",
    reload_certificates="ALTER INSTANCE RELOAD TLS",
    make_writable="SET GLOBAL read_only = OFF",
    make_read_only="SET GLOBAL super_read_only = ON",
    apply_received="START REPLICA SQL_THREAD",
    stop_receiving="STOP REPLICA IO_THREAD",
    forget_received=("STOP REPLICA", "RESET REPLICA"),
    stop_following=("STOP REPLICA", "RESET REPLICA ALL"),
    require_acknowledgement="SET GLOBAL rpl_semi_sync_source_enabled = ON",
    # mysqld's shutdown waits ten seconds for replicas that are connected.
    before_stop=("SET GLOBAL offline_mode = ON",),
)

INITIALISED = Initialised(
    accounts=("root@localhost", "mysql.infoschema@localhost", "mysql.session@localhost", "mysql.sys@localhost"),
    extensions=("func", "plugin", "component", "servers", "time_zone_name"),
    sessions="performance_schema.processlist",
)


class MySQL:
    """See ``engine.Engine``."""

    accounts = INTERNAL
    statements = STATEMENTS
    initialised = INITIALISED

    def connect(self, answer_seconds: int | None) -> Mysqld:
        return Mysqld(answer_seconds)

    def observer(self, mysqld: Mysqld, ordinal: int, settings: Settings) -> Watcher:
        return Observer(mysqld, ordinal, semi_sync=settings.semi_sync)

    def provisioner(self) -> Provisioner:
        return CloneProvisioner()

    def streams(self, settings: Callable[[], Settings]) -> Mapping[str, Serve]:
        return {}  # CLONE is served by mysqld itself

    @contextmanager
    def private_window(self, mysqld: Mysqld) -> Generator[None]:
        """A crash inside leaves ``offline_mode`` on: see Close."""
        mysqld.run("SET GLOBAL offline_mode = ON", "SET GLOBAL super_read_only = OFF")
        try:
            yield
        finally:
            self.close_window(mysqld)

    def close_window(self, mysqld: Mysqld) -> None:
        mysqld.run("SET GLOBAL super_read_only = ON", "SET GLOBAL offline_mode = OFF")

    def follow(self, mysqld: Mysqld, host: str) -> None:
        """The password is not stored on disk.

        The relay log is kept where the source stays the same: with semi-synchronous replication it may hold
        transactions that were acknowledged and are nowhere else (CHANGE REPLICATION SOURCE TO would delete it).
        """
        rows = mysqld.rows("SHOW REPLICA STATUS")
        if rows:
            mysqld.run("STOP REPLICA")
        if not rows or rows[0]["Source_Host"] != host:
            mysqld.rows(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_AUTO_POSITION = 1,"
                " SOURCE_SSL = 1, SOURCE_SSL_CA = %s, SOURCE_SSL_VERIFY_SERVER_CERT = 1, SOURCE_CONNECT_RETRY = 1,"
                " SOURCE_RETRY_COUNT = 0, SOURCE_HEARTBEAT_PERIOD = 2",
                (host, MYSQL_PORT, str(TLS_FOLDER / "ca.crt")),
            )
        mysqld.rows("START REPLICA USER = %s PASSWORD = %s", (REPLICATION, password("replication")))

    def acknowledge_again(self, mysqld: Mysqld, host: str) -> None:
        """Never asked for: MySQL takes what a replica need not be sent for acknowledged."""
