"""Has mysqld use renewed certificates, and knows when the one in use ends."""

from __future__ import annotations

from . import mounted
from .mysqld import Mysqld
from .observe import certificate_not_after
from .settings import TLS_FOLDER


class CertificateWatch:
    """Compares the mounted certificates with those that were used last."""

    def __init__(self, mysqld: Mysqld, reload: str) -> None:
        """``reload``: the statement that has the server read its certificates again."""
        self.not_after: str | None = None
        """When the server's certificate ends, as mysqld tells it."""
        self._mysqld = mysqld
        self._reload = reload
        self._used = mounted.version(TLS_FOLDER)
        self._read_of: tuple[int, str] | None = None

    def look(self) -> bool:
        """Returns whether other certificates are used from now on. Raises Unreachable or pymysql.MySQLError."""
        version = mounted.version(TLS_FOLDER)
        renewed = version != self._used
        if renewed:
            self._mysqld.run(self._reload)
            self._used = version
        if self._read_of != (self._mysqld.generation, version):
            self.not_after = certificate_not_after(self._mysqld)
            self._read_of = (self._mysqld.generation, version)
        return renewed
