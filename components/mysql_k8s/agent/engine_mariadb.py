"""MariaDB behind the seam: positions of ``domain-server-sequence``, a streamed physical backup, and ``read_only``.

There is no ``offline_mode``, and none is needed: ``read_only`` stops everybody without READ_ONLY ADMIN, which only the
agent's own account has. So a private window is nothing to open, and a crash leaves none open.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from .accounts import ADMIN, CLONE, REPLICATION, Account, password
from .acknowledge import acknowledge_again
from .beginning import Initialised
from .copying import BACKUP_PATH
from .donor import Donor
from .engine import Provisioner, Statements, Watcher
from .mysqld import Mysqld, Row, mariadb
from .observe_mariadb import OWN_IDENTITY, MariaDBObserver
from .provision import StreamProvisioner
from .server import Serve
from .settings import MYSQL_PORT, TLS_FOLDER, Settings

NOT_FOR_ADMIN = (
    "SUPER, SHUTDOWN, READ_ONLY ADMIN, CONNECTION ADMIN, BINLOG ADMIN, BINLOG REPLAY, REPLICATION SLAVE ADMIN,"
    " REPLICATION MASTER ADMIN, FEDERATED ADMIN"
)
"""What would let a remote account make a replica writable or write past the binary log."""

INTERNAL = (
    Account(REPLICATION, "replication", ("GRANT REPLICATION SLAVE ON *.* TO {0}",)),
    # For backups: which transactions the oldest binary log begins with.
    Account(CLONE, "clone", ("GRANT BINLOG MONITOR ON *.* TO {0}",)),
    Account(
        ADMIN,
        "admin",
        ("GRANT ALL PRIVILEGES ON *.* TO {0} WITH GRANT OPTION", f"REVOKE {NOT_FOR_ADMIN} ON *.* FROM {{0}}"),
    ),
)

STATEMENTS = Statements(
    closed="@@read_only",
    own_identity=OWN_IDENTITY,
    reload_certificates="FLUSH SSL",
    make_writable="SET GLOBAL read_only = OFF",
    make_read_only="SET GLOBAL read_only = ON",
    apply_received="START SLAVE SQL_THREAD",
    stop_receiving="STOP SLAVE IO_THREAD",
    forget_received=("STOP SLAVE", "RESET SLAVE"),
    stop_following=("STOP SLAVE", "RESET SLAVE ALL"),
    require_acknowledgement="SET GLOBAL rpl_semi_sync_master_enabled = ON",
    before_stop=("SET GLOBAL read_only = ON",),
)

INITIALISED = Initialised(
    accounts=("root@localhost", "mysql@localhost", "mariadb.sys@localhost", "PUBLIC@"),
    extensions=("func", "plugin", "servers", "time_zone_name"),
    sessions="information_schema.PROCESSLIST",
)

WRONG_PASSWORD = 1045
DRAIN_SECONDS = 5


class MariaDB:
    """See ``engine.Engine``."""

    accounts = INTERNAL
    statements = STATEMENTS
    initialised = INITIALISED

    def connect(self, answer_seconds: int | None) -> Mysqld:
        return mariadb(answer_seconds)

    def observer(self, mysqld: Mysqld, ordinal: int, settings: Settings) -> Watcher:
        return MariaDBObserver(mysqld, ordinal)

    def provisioner(self) -> Provisioner:
        return StreamProvisioner()

    def streams(self, settings: Callable[[], Settings]) -> Mapping[str, Serve]:
        return {BACKUP_PATH: Donor(settings).serve}

    def private_window(self, mysqld: Mysqld) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def close_window(self, mysqld: Mysqld) -> None:
        mysqld.run("SET GLOBAL read_only = ON")

    def follow(self, mysqld: Mysqld, host: str) -> None:
        """The relay log is kept where only one of the two threads is to be started.

        With GTIDs, MariaDB throws it away when both are started: what was received and not applied is fetched again.
        """
        status = next(iter(mysqld.rows("SHOW SLAVE STATUS")), None)
        if status is None or status["Master_Host"] != host or int(status["Last_IO_Errno"]) == WRONG_PASSWORD:
            _change_source(mysqld, status, host)
        mysqld.run("START SLAVE")

    def acknowledge_again(self, mysqld: Mysqld, host: str) -> None:
        acknowledge_again(mysqld, host)


def _change_source(mysqld: Mysqld, status: Row | None, host: str) -> None:
    """Continue from what the binary log holds, which is all that was executed, whoever wrote it.

    The password is stored in master.info on the data's volume: MariaDB takes none when replication is started.
    """
    if status is not None:
        _apply_received(mysqld, status)
        mysqld.run("STOP SLAVE")
    held = mysqld.rows("SELECT @@GLOBAL.gtid_binlog_pos AS executed, @@GLOBAL.gtid_slave_pos AS followed")[0]
    if held["executed"] != held["followed"]:
        mysqld.rows("SET GLOBAL gtid_slave_pos = %s", (held["executed"],))
    mysqld.rows(
        "CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s, MASTER_USER = %s, MASTER_PASSWORD = %s,"
        " MASTER_USE_GTID = slave_pos, MASTER_SSL = 1, MASTER_SSL_CA = %s, MASTER_SSL_VERIFY_SERVER_CERT = 1,"
        " MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 2",
        (host, MYSQL_PORT, REPLICATION, password("replication"), str(TLS_FOLDER / "ca.crt")),
    )


def _apply_received(mysqld: Mysqld, status: Row) -> None:
    """Before the relay log goes: what is in it gets a moment to be applied."""
    mysqld.run("STOP SLAVE IO_THREAD")
    if status["Slave_SQL_Running"] == "Yes" and status["Gtid_IO_Pos"]:
        mysqld.rows("SELECT MASTER_GTID_WAIT(%s, %s) AS applied", (status["Gtid_IO_Pos"], DRAIN_SECONDS))
