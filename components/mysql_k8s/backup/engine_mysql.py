"""Oracle's MySQL behind the seam: CLONE, GTID sets that the data holds by itself, relay logs applied in parallel."""

from __future__ import annotations

import re
import shutil
import time
import uuid
from pathlib import Path

import pymysql

from ..agent.group import GROUP_TABLE
from ..agent.gtid import GtidSet
from . import donors
from .binlog_mysql import MySQLLog
from .donors import CLOCK, Member
from .engine import ApplyFailed, BinaryLog, Connection, Copy
from .scratch import Row, Scratch, ScratchFailed, Server
from .settings import CA_FILE, MYSQL_FOLDER, RUN_FOLDER, Settings, password

SERVER = Server(
    "mysqld",
    "root",
    (
        "--skip-log-bin",
        "--log-replica-updates=OFF",
        "--skip-networking",
        "--server-id=99",
        "--max-connections=20",
        "--table-open-cache=400",
        "--innodb-buffer-pool-size=268435456",
        "--innodb-buffer-pool-instances=1",
        "--innodb-flush-log-at-trx-commit=0",
        "--replica-pending-jobs-size-max=16777216",
        "--innodb-log-buffer-size=16777216",
        "--sync-relay-log=0",
        "--relay-log-recovery=OFF",
        "--relay-log=relay",
        "--relay-log-purge=ON",
        "--loose-rpl-semi-sync-replica-enabled=OFF",
    ),
)
"""Nobody connects to it, nothing reads a binary log of it, and a crash only means to begin anew. Its memory is for the
largest event, not for queues of them (replica_pending_jobs_size_max)."""

_ROOT_BY_SOCKET = (
    "UPDATE mysql.user SET plugin = 'auth_socket', authentication_string = 'mysql' "
    "WHERE user = 'root' AND host = 'localhost';\n"
)
_LOOK = (
    "SELECT @@server_uuid, @@gtid_purged, @@gtid_executed, @@version,"
    " NOT (@@super_read_only OR @@read_only OR @@offline_mode),"
    f" {CLOCK}"
)
_WAIT_SECONDS = 2
_RESTART_SECONDS = 60.0
"""From a clone's last byte to the end of the server that received it."""
_LOOK_AGAIN_SECONDS = 0.2


class MySQL:
    """See ``engine.Engine``."""

    kind = "mysql"
    name = "MySQL"
    not_part = re.compile(
        r"auto\.cnf|mysqld-auto\.cnf|binlog\.(\d+|index)|relay\.(\d+|index)|.*\.pem|ib_buffer_pool|#innodb_temp(/.*)?"
        r"|ibtmp\d+|#innodb_redo/#ib_redo\d+_tmp|#clone(/.*)?|.*\.pid|mysql_upgrade_history"
    )
    """Without auto.cnf a restored server gets an identity of its own."""

    def __init__(self, settings: Settings) -> None:
        self._log = MySQLLog(settings)

    @property
    def log(self) -> BinaryLog:
        return self._log

    def look(self, connection: Connection, host: str) -> Member:
        with connection.cursor() as cursor:
            cursor.execute(_LOOK)
            uuid, purged, executed, version, writable, now = cursor.fetchone()
        sets = GtidSet.parse(purged), GtidSet.parse(executed)
        return Member(host, uuid, *sets, version.partition("-")[0], int(now), bool(writable))

    def scratch(self, data: Path) -> Scratch:
        return Scratch(data, SERVER)

    def copy(self, settings: Settings, source: Member) -> Copy:
        data = MYSQL_FOLDER / "data"
        shutil.rmtree(data, ignore_errors=True)
        scratch = self.scratch(data)
        _initialise(scratch)
        scratch.start()
        return Copy(scratch, data, _clone(scratch, settings, source.host))

    def holds(self, scratch: Scratch, gtids: GtidSet) -> bool:
        return _executed(scratch) == gtids

    def held(self, scratch: Scratch) -> str:
        return str(_executed(scratch))

    def apply(self, scratch: Scratch, channel: str, first: str, wanted: GtidSet) -> None:
        """In several threads and in the order of commits. What it has executed already it skips."""
        scratch.rows(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'archive', SOURCE_AUTO_POSITION = 0, GTID_ONLY = 0,"
            f" RELAY_LOG_FILE = '{first}', RELAY_LOG_POS = 4 FOR CHANNEL '{channel}'"
        )
        scratch.rows(f"START REPLICA SQL_THREAD FOR CHANNEL '{channel}'")
        while not wanted <= _executed(scratch):
            status = scratch.rows(f"SHOW REPLICA STATUS FOR CHANNEL '{channel}'")[0]
            if status["Last_SQL_Errno"] or status["Replica_SQL_Running"] == "No":
                raise ApplyFailed(f"applying stopped: {status['Last_SQL_Error'] or 'without an error'}")
            scratch.rows("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (str(wanted), _WAIT_SECONDS))
        scratch.rows(f"STOP REPLICA SQL_THREAD FOR CHANNEL '{channel}'")
        scratch.rows(f"RESET REPLICA ALL FOR CHANNEL '{channel}'")

    def name_anew(self, scratch: Scratch) -> None:
        """Nothing writes a binary log here, so this takes no GTID."""
        for statement in ("SET GLOBAL super_read_only = OFF", *GROUP_TABLE):
            scratch.rows(statement)
        name = str(uuid.uuid4())
        scratch.rows("REPLACE INTO mysql_k8s.replication_group (id, name, epoch) VALUES (1, %s, '')", (name,))

    def finish(self, scratch: Scratch, folder: Path, gtids: GtidSet) -> None:
        if scratch.rows("SHOW REPLICA STATUS"):
            scratch.rows("STOP REPLICA")
            scratch.rows("RESET REPLICA ALL")
        scratch.stop()
        for path in (*folder.glob("relay*"), *folder.glob("auto.cnf")):
            path.unlink()


def _executed(scratch: Scratch) -> GtidSet:
    return GtidSet.parse(str(scratch.rows("SELECT @@gtid_executed AS gtids")[0]["gtids"]))


def _initialise(scratch: Scratch) -> None:
    """Make an empty data directory. Raises ScratchFailed."""
    script = RUN_FOLDER / "initialise.sql"
    script.write_text(_ROOT_BY_SOCKET)
    scratch.ask("--initialize-insecure", "--skip-log-bin", "--auto-generate-certs=OFF", f"--init-file={script}")
    scratch.wait_until_ended("initialising a data directory")


def _clone(scratch: Scratch, settings: Settings, host: str) -> GtidSet:
    """Copy everything from a member; returns what was copied. Raises pymysql.MySQLError, ScratchFailed."""
    scratch.rows("SET GLOBAL clone_valid_donor_list = %s", (f"{host}:{settings.port}",))
    scratch.rows("SET GLOBAL clone_ssl_ca = %s", (str(CA_FILE),))
    try:
        scratch.rows(
            "CLONE INSTANCE FROM %s@%s:%s IDENTIFIED BY %s REQUIRE SSL",
            (donors.CLONE, host, settings.port, password("clone")),
        )
    except pymysql.OperationalError as error:
        if not 2000 <= int(error.args[0]) < 3000:  # it restarts when it has everything, which ends the connection
            raise
    outcome = _outcome(scratch)
    if not outcome or outcome[0]["STATE"] != "Completed":
        raise ScratchFailed(f"cloning {host} did not complete: {outcome}")
    return _executed(scratch)


def _outcome(scratch: Scratch) -> list[Row]:
    """Of a clone whose server restarts. One that is about to end may still answer, and says that it is in progress.

    Raises pymysql.MySQLError if it goes on failing, or ScratchFailed.
    """
    end = time.monotonic() + _RESTART_SECONDS
    while True:
        scratch.close()
        scratch.wait_until_up()
        late = time.monotonic() >= end
        try:
            outcome = scratch.rows("SELECT STATE, ERROR_MESSAGE FROM performance_schema.clone_status")
        except pymysql.MySQLError:
            if late:
                raise
        else:
            if late or not outcome or outcome[0]["STATE"] != "In Progress":
                return outcome
        time.sleep(_LOOK_AGAIN_SECONDS)
