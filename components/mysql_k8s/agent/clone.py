"""MySQL's CLONE: an empty member takes all data of another one, and restarts itself with it."""

from __future__ import annotations

import contextlib
import threading
import time

import pymysql

from . import accounts
from .accounts import CLONE
from .mysqld import Mysqld, Unreachable
from .settings import MYSQL_PORT, TLS_FOLDER

RETRY_SECONDS = 3.0
PROGRESS = """
SELECT COALESCE(SUM(DATA), 0) AS done, COALESCE(SUM(ESTIMATE), 0) AS total FROM performance_schema.clone_progress
 WHERE STAGE IN ('FILE COPY', 'PAGE COPY', 'REDO COPY')
"""


class CloneProvisioner:
    """See ``engine.Provisioner``."""

    def __init__(self) -> None:
        self.donor: int | None = None
        self.error: str | None = None
        self._thread: threading.Thread | None = None
        self._failed_at = -RETRY_SECONDS

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, donor: int, host: str) -> None:
        if self.running or time.monotonic() - self._failed_at < RETRY_SECONDS:
            return
        self.donor, self.error = donor, None
        self._thread = threading.Thread(target=self._clone_from, args=(host,), daemon=True)
        self._thread.start()

    def progress(self) -> tuple[int, int]:
        mysqld = Mysqld()
        try:
            with contextlib.suppress(pymysql.MySQLError, Unreachable):
                row = mysqld.rows(PROGRESS)[0]
                return int(row["done"]), int(row["total"])
        finally:
            mysqld.close()
        return 0, 0

    def _clone_from(self, host: str) -> None:
        mysqld = Mysqld(answer_seconds=None)
        try:
            clone_from(mysqld, host)
        except Unreachable:
            pass  # mysqld restarts itself with the new data: what became of it is observed
        except (pymysql.MySQLError, OSError) as error:
            self.error = f"cloning from {host} failed: {error.args[-1]}"
            self._failed_at = time.monotonic()
        finally:
            mysqld.close()


HELD = """
SELECT @@gtid_executed AS executed,
       (SELECT COUNT(*) FROM performance_schema.replication_connection_configuration
         WHERE CHANNEL_NAME = '' AND HOST <> '') AS sources
"""


def clone_from(mysqld: Mysqld, host: str) -> None:
    """Replace everything on this mysqld by the donor's data. Refuses, once more and last, unless this one is empty, and
    follows nobody from whom it may have received something since."""
    held = mysqld.rows(HELD)[0]
    if held["executed"] or held["sources"]:
        return
    mysqld.rows("SET GLOBAL clone_valid_donor_list = %s", (f"{host}:{MYSQL_PORT}",))
    mysqld.rows("SET GLOBAL clone_ssl_ca = %s", (str(TLS_FOLDER / "ca.crt"),))
    mysqld.rows(
        "CLONE INSTANCE FROM %s@%s:%s IDENTIFIED BY %s REQUIRE SSL",
        (CLONE, host, MYSQL_PORT, accounts.password("clone")),
    )
