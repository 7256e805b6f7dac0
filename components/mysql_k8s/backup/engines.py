"""Which engine a cluster has: the one place where it is asked."""

from __future__ import annotations

from ..agent.settings import MARIADB
from .engine import Engine
from .engine_galera import Galera
from .engine_mariadb import MariaDB
from .engine_mysql import MySQL
from .settings import Settings


def engine_of(settings: Settings) -> Engine:
    """Chosen by ``settings.engine``; MariaDB's by ``settings.topology``, too."""
    if settings.in_galera:
        return Galera(settings)
    return MariaDB(settings) if settings.engine == MARIADB else MySQL(settings)
