"""MariaDB behind the seam: a member's agent streams its data, and positions are GTIDs that the data follows.

Without a binary log the data says what it holds by ``gtid_slave_pos``, a table that every transaction that is applied
changes, too. That is what is compared; the whole set follows from it, as numbers only grow along a history.
"""

from __future__ import annotations

import http.client
import re
import shutil
import time
from pathlib import Path

from ..agent import copying
from ..agent.gtid import NOTHING, GtidSet
from ..agent.gtid_mariadb import from_state, position, state_at, to_state
from ..agent.jobs import JobFailed
from .binlog_mariadb import MariaDBLog
from .donors import CLOCK, Member
from .engine import ApplyFailed, BinaryLog, Connection, Copy, CopyFailed
from .scratch import Scratch, Server
from .settings import MYSQL_FOLDER, Settings

_OPTIONS = (
    "--skip-networking",
    "--server-id=99",
    "--max-connections=20",
    "--innodb-buffer-pool-size=268435456",
    "--innodb-flush-log-at-trx-commit=0",
    "--sync-relay-log=0",
    "--relay-log-recovery=OFF",
    "--relay-log=relay",
    "--relay-log-purge=ON",
    "--rpl-semi-sync-slave-enabled=OFF",
)
WITHOUT_LOG = (*_OPTIONS, "--skip-log-bin", "--log-slave-updates=OFF")
SERVER = Server("mariadbd", "mysql", WITHOUT_LOG)
"""Nobody connects to it, nothing reads a binary log of it, and a crash only means to begin anew."""

_PURGED = "SHOW BINLOG EVENTS IN %s LIMIT 3"
_LOOK = (
    "SELECT CONCAT(@@GLOBAL.gtid_domain_id, '-', @@GLOBAL.server_id), @@GLOBAL.gtid_binlog_state, @@version,"
    f" NOT @@GLOBAL.read_only, {CLOCK}"
)
_BUSY_SECONDS = 5
_WAIT_SECONDS = 2


class MariaDB:
    """See ``engine.Engine``."""

    kind = "mariadb"
    name = "MariaDB"
    not_part = re.compile(
        r"(mariadb_backup|xtrabackup)_\w+|backup-my\.cnf|#binlog_cache_files(/.*)?|binlog\.(\d+(\.idx)?|index|state)"
        r"|relay[^/]*\.(\d+|index|info)|(multi-)?master[^/]*\.info|.*\.pem|.*\.pid|ib_buffer_pool|ibtmp\d+|tc\.log"
        r"|ddl_recovery[^/]*\.log"
    )

    def __init__(self, settings: Settings) -> None:
        self._log = MariaDBLog()

    @property
    def log(self) -> BinaryLog:
        return self._log

    def look(self, connection: Connection, host: str) -> Member:
        with connection.cursor() as cursor:
            cursor.execute("SHOW BINARY LOGS")
            oldest = cursor.fetchall()[0][0]
            cursor.execute(_PURGED, (oldest,))
            listed = [row[5] for row in cursor.fetchall() if row[2] == "Gtid_list"]
            cursor.execute(_LOOK)
            identity, executed, version, writable, now = cursor.fetchone()
        purged = from_state(listed[0].strip("[]")) if listed else NOTHING
        return Member(host, identity, purged, from_state(executed), version.partition("-")[0], int(now), bool(writable))

    def scratch(self, data: Path) -> Scratch:
        return Scratch(data, SERVER)

    def copy(self, settings: Settings, source: Member) -> Copy:
        """As a new member does it: the agent streams what mariadb-backup reads, and ``jobs.sh`` unpacks it here."""
        try:
            before = copying.held_by(source.host)
            take(source.host)
            reached = copying.prepare()
            gtids = state_at(reached, before, copying.held_by(source.host))
        except (JobFailed, OSError, http.client.HTTPException, ValueError) as error:
            raise CopyFailed(f"copying {source.host} failed: {error}") from error
        data = MYSQL_FOLDER / ".provision"
        scratch = self.scratch(data)
        scratch.start()
        scratch.rows("SET GLOBAL gtid_slave_pos = %s", (reached,))
        return Copy(scratch, data, gtids)

    def holds(self, scratch: Scratch, gtids: GtidSet) -> bool:
        return _followed(scratch) == position(gtids)

    def held(self, scratch: Scratch) -> str:
        return _followed(scratch)

    def apply(self, scratch: Scratch, channel: str, first: str, wanted: GtidSet) -> None:
        """In several threads and in the order of commits."""
        scratch.rows(
            f"CHANGE MASTER '{channel}' TO MASTER_HOST = 'archive', MASTER_USE_GTID = no,"
            # Without a name of the source's log MariaDB 11.8 crashes when it applies in several threads.
            " MASTER_LOG_FILE = 'archive.000001', MASTER_LOG_POS = 4,"
            f" RELAY_LOG_FILE = '{first}', RELAY_LOG_POS = 4"
        )
        scratch.rows(f"START SLAVE '{channel}' SQL_THREAD")
        while _followed(scratch) != position(wanted):
            status = scratch.rows(f"SHOW SLAVE '{channel}' STATUS")[0]
            if status["Last_SQL_Errno"] or status["Slave_SQL_Running"] == "No":
                raise ApplyFailed(f"applying stopped: {status['Last_SQL_Error'] or 'without an error'}")
            scratch.rows("SELECT MASTER_GTID_WAIT(%s, %s)", (position(wanted), _WAIT_SECONDS))
        scratch.rows(f"STOP SLAVE '{channel}'")
        scratch.rows(f"RESET SLAVE '{channel}' ALL")

    def name_anew(self, scratch: Scratch) -> None:
        """A restored server draws an id of its own."""

    def finish(self, scratch: Scratch, folder: Path, gtids: GtidSet) -> None:
        """With a binary log that begins with what the data holds: without one it would pass for empty."""
        scratch.stop()
        scratch.ask(*_OPTIONS)
        scratch.wait_until_up()
        scratch.rows("SET GLOBAL gtid_binlog_state = %s", (to_state(gtids),))
        told = scratch.rows("SELECT @@GLOBAL.gtid_binlog_state AS state, @@GLOBAL.gtid_binlog_pos AS newest")[0]
        newest = from_state(str(told["newest"]))
        if from_state(str(told["state"])) != gtids or position(newest) != position(gtids):
            raise ApplyFailed(f"the restored server says that it holds {told['state']}, not {to_state(gtids)}")
        scratch.stop()
        for path in (*folder.glob("relay*"), *folder.glob("*master*.info"), *folder.glob("tc.log")):
            path.unlink()


def _followed(scratch: Scratch) -> str:
    """The position, in the form that ``position`` gives."""
    return position(from_state(str(scratch.rows("SELECT @@GLOBAL.gtid_slave_pos AS followed")[0]["followed"])))


def take(host: str) -> None:
    """Ask again while the member gives its data to another one: the job's own deadline comes first."""
    shutil.rmtree(MYSQL_FOLDER / ".provision", ignore_errors=True)
    while True:
        try:
            copying.take(host, lambda _done, _expected: None)
            return
        except copying.Busy:
            time.sleep(_BUSY_SECONDS)
