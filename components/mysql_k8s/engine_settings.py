"""What my.cnf may and must say depends on the engine: the one place where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from . import mariadb_settings, server_settings, setting_rules
from .server_settings import Enforced


@dataclass(frozen=True)
class EngineSettings:
    """An engine's settings. ``enforced`` takes the kinds of topology and durability, ``defaults`` the former."""

    enforced: Callable[[str, str], dict[str, Enforced]]
    defaults: Callable[[str], dict[str, str]]
    why_reserved: Callable[[str], str | None]
    removed: Callable[[str], str | None]
    plugins: Callable[[str], Iterable[str]]
    """The libraries to load, by the kind of topology."""
    redo_log: str
    """The setting that sizes the redo log."""


def _no_plugins(topology: str) -> Iterable[str]:
    return ()


MYSQL = EngineSettings(
    enforced=server_settings.enforced,
    defaults=server_settings.defaults,
    why_reserved=server_settings.why_reserved,
    removed=setting_rules.removed,
    plugins=server_settings.plugins,
    redo_log="innodb_redo_log_capacity",
)
MARIADB = EngineSettings(
    enforced=mariadb_settings.enforced,
    defaults=mariadb_settings.defaults,
    why_reserved=mariadb_settings.why_reserved,
    removed=mariadb_settings.removed,
    plugins=_no_plugins,
    redo_log="innodb_log_file_size",
)


def of(engine: str) -> EngineSettings:
    """``engine``: its kind."""
    return MARIADB if engine == "mariadb" else MYSQL
