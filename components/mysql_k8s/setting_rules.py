"""Settings of mysqld that are free to choose, but not in every value: those that lose data or keep it from starting.

What the design fixes whatever the value is in ``server_settings``. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

SHORTEST_RETENTION = 3600
"""Seconds. A replica that is away for longer than binary logs are kept must be copied anew."""

FEWEST_CONNECTIONS = 20
"""The agent and the replicas need a few for themselves, and SQL by hand must go on while clients take all they can."""

REMOVED: Mapping[str, str] = {
    "avoid_temporal_upgrade": "leave it out",
    "binlog_transaction_dependency_tracking": "leave it out: write sets are always used",
    "character_set_client_handshake": "leave it out",
    "default_authentication_plugin": "use authentication_policy",
    "expire_logs_days": "use binlog_expire_logs_seconds",
    "have_ssl": "leave it out: TLS is always on",
    "innodb_file_format": "leave it out",
    "innodb_large_prefix": "leave it out",
    "innodb_log_file_size": "use innodb_redo_log_capacity",
    "innodb_log_files_in_group": "use innodb_redo_log_capacity",
    "innodb_undo_tablespaces": "leave it out: undo tablespaces are made with SQL",
    "log_warnings": "use log_error_verbosity",
    "master_info_repository": "leave it out: it is always a table",
    "old_passwords": "leave it out",
    "query_cache_size": "leave it out: there is no query cache",
    "query_cache_type": "leave it out: there is no query cache",
    "relay_log_info_repository": "leave it out: it is always a table",
    "replica_parallel_type": "leave it out: transactions are always applied in parallel by logical clock",
    "secure_auth": "leave it out",
    "show_old_temporals": "leave it out",
    "ssl": "leave it out: TLS is always on",
    "sync_frm": "leave it out",
    "temptable_use_mmap": "leave it out",
    "transaction_write_set_extraction": "leave it out: write sets are always used",
    "tx_isolation": "use transaction_isolation",
}
"""Settings of earlier versions that MySQL 9.7 does not know, and with which it does not start (asked of mysqld)."""


def problem(name: str, value: str | int | float | bool) -> str | None:
    """Why ``value`` is no good for the setting ``name`` (in its one spelling), and the way out; None if it is.

    A setting behind ``loose_`` may have been removed: mysqld then starts all the same.
    """
    text = str(value).strip()
    rule = _RULES.get(name)
    return rule(text) if rule else None


def removed(name: str) -> str | None:
    """What to use instead of a setting that is gone; None if it is not known to be gone."""
    instead = REMOVED.get(name.replace("slave", "replica")) or REMOVED.get(name)
    return f"is no longer a setting of MySQL, which would not start; {instead}" if instead else None


def _retention(text: str) -> str | None:
    if not text.isdecimal():
        return "must be a whole number of seconds"
    if int(text) == 0:
        return (
            "keeps binary logs for ever, until they fill the volume and every write stops; use a number of seconds, "
            "such as 604800 for a week"
        )
    if int(text) < SHORTEST_RETENTION:
        return (
            f"is too short: a replica that was away for longer could not catch up; use {SHORTEST_RETENTION} or more "
            "(binary logs that must go at once are purged with SQL: PURGE BINARY LOGS)"
        )
    return None


def _purged(text: str) -> str | None:
    if text.upper() in ("OFF", "0", "FALSE"):
        return (
            "keeps binary logs for ever, until they fill the volume; leave it out, and choose how long they are kept "
            "with binlog_expire_logs_seconds"
        )
    return None


def _connections(text: str) -> str | None:
    if not text.isdecimal():
        return "must be a whole number"
    if int(text) < FEWEST_CONNECTIONS:
        return (
            f"leaves none for replicas and agents; use {FEWEST_CONNECTIONS} or more, and limit a single user with "
            "ALTER USER ... WITH MAX_USER_CONNECTIONS"
        )
    return None


def _engine(text: str) -> str | None:
    if text.lower() != "innodb":
        return (
            "survives no crash and is not copied consistently to new members; leave it out, and name another engine "
            "in the CREATE TABLE that needs it"
        )
    return None


def _flushing(text: str) -> str | None:
    if text.lower() in ("nosync", "littlesync", "o_direct_no_fsync"):
        return "leaves out writes to the disk that a crash needs; use O_DIRECT or fsync"
    return None


def _lifetime(text: str) -> str | None:
    if text != "0":
        return (
            "would let the cluster's own accounts expire, and replication with them; leave it out, and set it for "
            "an account with ALTER USER ... PASSWORD EXPIRE INTERVAL"
        )
    return None


def _time_zone(text: str) -> str | None:
    if text.upper() != "SYSTEM" and not re.fullmatch(r"[+-]\d{1,2}:\d{2}", text):
        return (
            "is a zone whose table a new server does not have, so that it would not start; use an offset such as "
            "+01:00, and load zones and set them for sessions with SQL"
        )
    return None


def _row_image(text: str) -> str | None:
    if text.upper() not in ("FULL", "MINIMAL", "NOBLOB"):
        return "is not one of the choices; use FULL, MINIMAL or NOBLOB"
    return None


_RULES: Mapping[str, Callable[[str], str | None]] = {
    "binlog_expire_logs_seconds": _retention,
    "binlog_expire_logs_auto_purge": _purged,
    "binlog_row_image": _row_image,
    "max_connections": _connections,
    "default_storage_engine": _engine,
    "innodb_flush_method": _flushing,
    "default_password_lifetime": _lifetime,
    "default_time_zone": _time_zone,
}
