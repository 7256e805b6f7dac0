"""Which engine a cluster has: the one place where it is asked."""

from __future__ import annotations

from .engine import Engine
from .engine_mariadb import MariaDB
from .engine_mysql import MySQL
from .settings import MARIADB, Settings


def engine_of(settings: Settings) -> Engine:
    """Chosen by ``settings.engine``."""
    return MariaDB() if settings.engine == MARIADB else MySQL()
