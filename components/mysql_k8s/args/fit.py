"""How settings of mysqld fit the memory and the volume. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .. import engine_settings, quantity, server_settings
from ..quantity import MIB
from .backup import Backup
from .base import misfit
from .resources import Resources
from .storage import Storage

Scalar = str | int | float | bool

_PER_CONNECTION = {
    "sort_buffer_size": 256 * 1024,
    "join_buffer_size": 256 * 1024,
    "read_buffer_size": 128 * 1024,
    "read_rnd_buffer_size": 256 * 1024,
    "binlog_cache_size": 32 * 1024,
    "thread_stack": MIB,
}
"""What a connection may take while it works, with MySQL's defaults in bytes (manual, "How MySQL Uses Memory")."""

_DEFAULT_CONNECTIONS = int(server_settings.DEFAULTS["max_connections"])


def lookup(settings: Mapping[str, Scalar], name: str) -> tuple[str, Scalar] | None:
    """The argument's path and value of a setting, however it is spelled."""
    for key, value in settings.items():
        if server_settings.canonical(key) == name:
            return f"my_cnf.{key}", value
    return None


SHORTEST_WITH_ARCHIVE = 86400
"""Seconds: what the archive has not taken by then is lost to it."""


_OTHER_LIMITS = ("max_binlog_total_size", "binlog_space_limit", "expire_logs_days")
"""MariaDB's."""


def check_archive(settings: Mapping[str, Scalar], backup: Backup | None) -> None:
    """Raises a misfit if binary logs go before a keeper or a target that was away for a night can be repaired."""
    if backup is None or not backup.point_in_time:
        return
    for limit in _OTHER_LIMITS:
        if override := lookup(settings, limit):
            problem = "deletes binary logs whether they are archived or not; use binlog_expire_logs_seconds"
            raise misfit(*override, problem)
    override = lookup(settings, "binlog_expire_logs_seconds")
    if override and _size(override) < SHORTEST_WITH_ARCHIVE:
        problem = (
            "deletes binary logs before an archive that was away for a day can take them, and no moment of that time "
            f"could be restored; use {SHORTEST_WITH_ARCHIVE} or more, or set backup.point_in_time = false"
        )
        raise misfit(*override, problem)


def check_buffer_pool(settings: Mapping[str, Scalar], resources: Resources) -> None:
    """Raises a misfit if the buffer pool that was asked for is larger than the memory allows."""
    if not (override := lookup(settings, "innodb_buffer_pool_size")):
        return
    largest = resources.largest_buffer_pool_bytes
    if _size(override) > largest:
        problem = (
            f"does not fit resources.memory = {resources.memory}, as mysqld needs 512Mi beside it; use "
            f"{_short(largest)} or less, or raise the memory"
        )
        raise misfit(*override, problem)


def check_connections(settings: Mapping[str, Scalar], resources: Resources) -> None:
    """Raises a misfit if all connections at work, with the buffers that were asked for, exceed the memory limit."""
    connections = lookup(settings, "max_connections")
    buffers = {name: found for name in _PER_CONNECTION if (found := lookup(settings, name))}
    if not connections and not buffers:
        return
    count = int(connections[1]) if connections else _DEFAULT_CONNECTIONS
    each = sum(_size(buffers[name]) if name in buffers else size for name, size in _PER_CONNECTION.items())
    pool_override = lookup(settings, "innodb_buffer_pool_size")
    pool = _size(pool_override) if pool_override else resources.buffer_pool_bytes
    left = resources.memory_bytes - pool
    if count * each <= left:
        return
    largest = max(buffers, key=lambda name: _size(buffers[name]), default="")
    argument, value = connections or buffers[largest]
    problem = (
        f"does not fit resources.memory = {resources.memory}: {count} connections at {_short(each)} are more than the "
        f"{_short(left)} beside the buffer pool, and mysqld would be killed under load; use {left // each} connections "
        "or less, raise the memory, or lower innodb_buffer_pool_size"
    )
    raise misfit(argument, value, problem)


def check_redo_log(settings: Mapping[str, Scalar], storage: Storage, engine: str) -> None:
    """Raises a misfit if the redo log that was asked for takes more than half of the volume. ``engine``: its kind."""
    override = lookup(settings, engine_settings.of(engine).redo_log)
    most = quantity.to_bytes(storage.size) // 2
    if override and _size(override) > most:
        problem = (
            f"leaves too little of storage.size = {storage.size} for data and binary logs; use {_short(most)} or less, "
            "or a larger volume"
        )
        raise misfit(*override, problem)


def _size(setting: tuple[str, Scalar]) -> int:
    argument, value = setting
    try:
        return server_settings.size_in_bytes(str(value))
    except ValueError as error:
        raise misfit(argument, value, str(error)) from None


def _short(size: int) -> str:
    """As mysqld writes sizes: ``1536M``."""
    return f"{size // MIB}M" if size >= 10 * MIB else f"{size // 1024}K"
