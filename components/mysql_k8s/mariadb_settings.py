"""As ``server_settings``, for MariaDB 11.8: what the design fixes, each with its reason, and what it only suggests.

Names are spelled as MariaDB's documentation has them ("Server System Variables"), with underscores.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import galera_settings
from .server_settings import COMMON as MYSQL
from .server_settings import REFUSED as MYSQL_REFUSED
from .server_settings import REPLICATION as MYSQL_REPLICATION
from .server_settings import Enforced, canonical

_GTID = "replication, copies and the check for errant transactions are built on GTIDs whose numbers only grow"
_SEMI_SYNC = MYSQL_REPLICATION["rpl_semi_sync_source_enabled"].why
_READ_ONLY = MYSQL["read_only"].why

_AS_IN_MYSQL = (
    *("datadir", "socket", "pid_file", "tmpdir", "port", "bind_address", "local_infile"),
    *("ssl_ca", "ssl_cert", "ssl_key", "require_secure_transport", "tls_version"),
    *("read_only", "innodb_flush_log_at_trx_commit", "innodb_doublewrite"),
)

COMMON: Mapping[str, Enforced] = {
    **{name: MYSQL[name] for name in _AS_IN_MYSQL},
    # There is no value that forbids it: what lies in this folder is no secret, and nobody can write there.
    "secure_file_priv": Enforced("/etc/mysql-k8s", MYSQL["secure_file_priv"].why),
    "skip_slave_start": MYSQL["skip_replica_start"],
}
"""For every topology."""

BINLOG: Mapping[str, Enforced] = {
    "log_bin": MYSQL["log_bin"],
    "log_slave_updates": MYSQL["log_replica_updates"],
    "binlog_format": Enforced("ROW", MYSQL_REFUSED["binlog_format"].partition(",")[0]),
    "sync_binlog": MYSQL["sync_binlog"],
    "gtid_strict_mode": Enforced("ON", _GTID),
    "gtid_domain_id": Enforced("0", _GTID),
    "init_rpl_role": Enforced("MASTER", "after a crash it would roll back what was acknowledged"),
}
"""Where members replicate by the binary log, or might later."""

REPLICATION: Mapping[str, Enforced] = {
    "relay_log": MYSQL_REPLICATION["relay_log"],
    "rpl_semi_sync_slave_enabled": Enforced("ON", _SEMI_SYNC),
    "rpl_semi_sync_master_enabled": Enforced("OFF", _SEMI_SYNC),
    "rpl_semi_sync_master_timeout": Enforced("18446744073709551615", _SEMI_SYNC),
    "rpl_semi_sync_master_wait_point": MYSQL_REPLICATION["rpl_semi_sync_source_wait_point"],
    "rpl_semi_sync_master_wait_no_slave": Enforced("ON", _SEMI_SYNC),
}

ASYNC: Mapping[str, Enforced] = {
    "relay_log_recovery": Enforced("ON", "after a crash a replica fetches anew what its relay log may hold in part"),
}

SEMI_SYNC: Mapping[str, Enforced] = {
    "relay_log_recovery": Enforced("OFF", "transactions that were acknowledged may exist in the relay log alone"),
    "sync_relay_log": Enforced("1", "an acknowledgement promises that the relay log is on disk"),
}

_NOT_IN_MARIADB = {
    *("plugin_load", "replica_skip_errors", "replica_exec_mode", "binlog_error_action", "innodb_read_only"),
    *("offline_mode", "innodb_directories", "initialize", "initialize_insecure", "daemonize", "binlog_format"),
    *(name for name in MYSQL_REFUSED if name.startswith("group_replication_")),
}

REFUSED: Mapping[str, str] = {
    **{name: why for name, why in MYSQL_REFUSED.items() if name not in _NOT_IN_MARIADB},
    "plugin_load": "it would unload what the design needs; use plugin_load_add for a plugin of your own",
    "slave_skip_errors": MYSQL_REFUSED["replica_skip_errors"],
    "slave_exec_mode": MYSQL_REFUSED["replica_exec_mode"],
    "gtid_ignore_duplicates": _GTID,
    "bootstrap": MYSQL_REFUSED["initialize"],
    "unix_socket": "the agent gets in by it, without a password that could be lost or leak",
}
"""Settings that are not in my.cnf but must not come in by an override either, without ``skip_`` in front."""

_GALERA = "topology.kind = galera sets what it needs"

DEFAULTS: Mapping[str, str] = {
    "character_set_server": "utf8mb4",
    "max_connections": "200",
    "max_allowed_packet": "67108864",
    "skip_name_resolve": "ON",
}

BINLOG_DEFAULTS: Mapping[str, str] = {
    "binlog_expire_logs_seconds": "604800",
    # MariaDB's own default, 1, keeps binary logs for ever while no replica is connected: until the volume is full.
    "slave_connections_needed_for_purge": "0",
}

REPLICATION_DEFAULTS: Mapping[str, str] = {
    "slave_net_timeout": "10",
    "slave_parallel_threads": "4",
}

UNKNOWN: Mapping[str, str] = {
    "authentication_policy": "leave it out: an account's plugin is chosen with SQL",
    "enforce_gtid_consistency": "leave it out: MariaDB's GTIDs are always on",
    "gtid_mode": "leave it out: MariaDB's GTIDs are always on",
    "innodb_redo_log_capacity": "use innodb_log_file_size",
    "log_error_verbosity": "use log_warnings",
    "mysqlx": "leave it out: there is no X Protocol",
    "offline_mode": "leave it out",
    "persisted_globals_load": "leave it out: nothing is persisted",
    "super_read_only": "leave it out: read_only stops everybody but the agent",
    "temptable_max_ram": "use tmp_memory_table_size",
}
"""Settings of MySQL that MariaDB 11.8 does not know, and with which it does not start (asked of mariadbd)."""


def defaults(topology: str) -> dict[str, str]:
    """All suggested settings of a fixed size. ``topology``: its kind."""
    if topology == "galera":
        return dict(DEFAULTS)
    alone = {**DEFAULTS, **BINLOG_DEFAULTS}
    return alone if topology == "standalone" else {**alone, **REPLICATION_DEFAULTS}


def enforced(topology: str, durability: str) -> dict[str, Enforced]:
    """All enforced settings of a fixed value. ``topology``: its kind; ``durability``: async or semi-sync."""
    if topology == "galera":
        return {**COMMON, **galera_settings.ENFORCED}
    if topology == "standalone":
        return {**COMMON, **BINLOG}
    return {**COMMON, **BINLOG, **REPLICATION, **(SEMI_SYNC if durability == "semi-sync" else ASYNC)}


def why_reserved(key: str) -> str | None:
    """Why nobody may override ``key`` (however it is spelled), or None if anybody may.

    One answer for all topologies: what a later change of topology would refuse is refused at once.
    """
    tables = (COMMON, BINLOG, REPLICATION, ASYNC, SEMI_SYNC)
    reasons = {**REFUSED} | {name: setting.why for table in tables for name, setting in table.items()}
    name = canonical(key).replace("replica_", "slave_") if canonical(key) not in reasons else canonical(key)
    if name.startswith("wsrep_"):
        return _GALERA
    bare = name
    for prefix in ("skip_", "disable_", "enable_", "maximum_"):
        bare = bare.removeprefix(prefix)
    return reasons.get(name) or reasons.get(bare)


def removed(name: str) -> str | None:
    """What to use instead of a setting that MariaDB does not know; None if it is not known to be one of these."""
    instead = UNKNOWN.get(name)
    return f"is not a setting of MariaDB, which would not start; {instead}" if instead else None
