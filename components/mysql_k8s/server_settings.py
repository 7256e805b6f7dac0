"""The server's settings that the design fixes, each with its reason, and those that it only suggests.

Names are spelled with underscores, as MySQL's manual lists them ("Server System Variable Reference").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

DATA_DIRECTORY = "/var/lib/mysql/data"
RUN_DIRECTORY = "/run/mysqld"
TLS_DIRECTORY = "/etc/mysql-k8s-tls"


class Enforced(NamedTuple):
    """A setting that may not be overridden, and why."""

    value: str
    why: str


_POD = "the pod's volumes and probes are built around it"
_TLS = "every connection is made and verified with the cluster's certificates"
_GTID = "replication, cloning and the check for errant transactions are built on GTIDs"
_READ_ONLY = "a member is writable only once its agent has found that to be safe"
_DURABLE = "an acknowledged commit must survive a crash"
_SEMI_SYNC = "the agent switches semi-synchronous acknowledgement, and it must never degrade"

COMMON: Mapping[str, Enforced] = {
    "datadir": Enforced(DATA_DIRECTORY, _POD),
    "socket": Enforced(f"{RUN_DIRECTORY}/mysqld.sock", _POD),
    "pid_file": Enforced(f"{RUN_DIRECTORY}/mysqld.pid", _POD),
    "tmpdir": Enforced(f"{RUN_DIRECTORY}/tmp", _POD),
    "port": Enforced("3306", "Services, probes and the network policy use it"),
    "bind_address": Enforced("*", "other pods must reach it"),
    "mysqlx": Enforced("OFF", "nothing uses the X Protocol, and the network policy lets nobody reach it"),
    "secure_file_priv": Enforced("NULL", "files of the pod are not for SQL to read or write"),
    "local_infile": Enforced("OFF", "a server must not be able to ask a client for its files"),
    "ssl_ca": Enforced(f"{TLS_DIRECTORY}/ca.crt", _TLS),
    "ssl_cert": Enforced(f"{TLS_DIRECTORY}/tls.crt", _TLS),
    "ssl_key": Enforced(f"{TLS_DIRECTORY}/tls.key", _TLS),
    "require_secure_transport": Enforced("ON", "passwords and data must not cross the network in plain text"),
    "tls_version": Enforced("TLSv1.2,TLSv1.3", "older versions are broken"),
    "gtid_mode": Enforced("ON", _GTID),
    "enforce_gtid_consistency": Enforced("ON", _GTID),
    "log_bin": Enforced("binlog", "replicas are fed from it"),
    "log_replica_updates": Enforced("ON", "a replica must be able to feed another, and to prove what it holds"),
    "read_only": Enforced("ON", _READ_ONLY),
    "super_read_only": Enforced("ON", _READ_ONLY),
    "skip_replica_start": Enforced("ON", "a member follows only once its agent has found that to be safe"),
    "sync_binlog": Enforced("1", _DURABLE),
    "innodb_flush_log_at_trx_commit": Enforced("1", _DURABLE),
    "innodb_doublewrite": Enforced("ON", "a page torn by a crash must be repairable"),
    "persisted_globals_load": Enforced("OFF", "a clone brings the donor's mysqld-auto.cnf with it"),
}

REPLICATION: Mapping[str, Enforced] = {
    "relay_log": Enforced("relay", "the default carries the host name of the member that a clone came from"),
    "replica_preserve_commit_order": Enforced("ON", "a replica must never show a state that the primary never had"),
    "rpl_semi_sync_replica_enabled": Enforced("ON", _SEMI_SYNC),
    "rpl_semi_sync_source_enabled": Enforced("OFF", _SEMI_SYNC),
    "rpl_semi_sync_source_timeout": Enforced("4294967295", _SEMI_SYNC),
    "rpl_semi_sync_source_wait_point": Enforced("AFTER_SYNC", "no client may see a commit that only one member holds"),
    "rpl_semi_sync_source_wait_for_replica_count": Enforced("1", _SEMI_SYNC),
}

ASYNC: Mapping[str, Enforced] = {
    "relay_log_recovery": Enforced("ON", "after a crash a replica fetches anew what its relay log may hold in part"),
}

SEMI_SYNC: Mapping[str, Enforced] = {
    "relay_log_recovery": Enforced("OFF", "transactions that were acknowledged may exist in the relay log alone"),
    "sync_relay_log": Enforced("1", "an acknowledgement promises that the relay log is on disk"),
}

_GROUP = "the agent decides when a member joins or leaves the group"
_GIVE_UP = "a member that nobody sends the data gives up after half a minute, and its agent looks for another way"
_GROUP_TLS = "members verify each other with the cluster's certificates"

GROUP: Mapping[str, Enforced] = {
    "relay_log": REPLICATION["relay_log"],
    "replica_preserve_commit_order": REPLICATION["replica_preserve_commit_order"],
    "relay_log_recovery": Enforced("OFF", "what the group acknowledged may exist in the relay log alone"),
    "group_replication_start_on_boot": Enforced("OFF", _GROUP),
    "group_replication_bootstrap_group": Enforced("OFF", _GROUP),
    "group_replication_autorejoin_tries": Enforced("0", _GROUP),
    "group_replication_single_primary_mode": Enforced("ON", "one member takes the writes, so that none conflict"),
    "group_replication_enforce_update_everywhere_checks": Enforced("OFF", "one member takes the writes"),
    "group_replication_communication_stack": Enforced("MYSQL", "members talk over mysqld's own port, with its TLS"),
    "group_replication_ssl_mode": Enforced("VERIFY_IDENTITY", _GROUP_TLS),
    "group_replication_recovery_use_ssl": Enforced("ON", _GROUP_TLS),
    "group_replication_recovery_ssl_ca": Enforced(f"{TLS_DIRECTORY}/ca.crt", _GROUP_TLS),
    "group_replication_recovery_ssl_verify_server_cert": Enforced("ON", _GROUP_TLS),
    "group_replication_recovery_reconnect_interval": Enforced("3", _GIVE_UP),
    "group_replication_recovery_retry_count": Enforced("10", _GIVE_UP),
    "group_replication_exit_state_action": Enforced("OFFLINE_MODE", "no client may stay on a member without a group"),
}
"""For a group. What the topology's arguments set is below."""

_BY_ARGUMENT = "topology.{} sets it"

GROUP_ARGUMENTS: Mapping[str, str] = {
    "group_replication_consistency": _BY_ARGUMENT.format("consistency"),
    "group_replication_member_expel_timeout": _BY_ARGUMENT.format("profile"),
    "group_replication_unreachable_majority_timeout": _BY_ARGUMENT.format("profile"),
}
"""Settings of a group that follow from the topology's arguments, by the reason why nobody may override them."""

_PER_MEMBER = "every member gets its own value when it starts"
_WHOLE = "every member must hold all data: it may become the donor of another one"
_DIVERGES = "a replica that passes over an error holds other data than its primary from then on"
_VOLUME = "all data must lie in the data directory, on the member's volume: elsewhere it is lost with the pod"
_START = "the pod's run.sh decides how mysqld starts"

REFUSED: Mapping[str, str] = {
    "server_id": _PER_MEMBER,
    "report_host": _PER_MEMBER,
    "plugin_load": "it would unload what the agent needs; use plugin_load_add for a plugin of your own",
    "group_replication_group_name": "the data itself records its group's name",
    "group_replication_local_address": _PER_MEMBER,
    "group_replication_group_seeds": "the agent names the members when one joins",
    "group_replication_paxos_single_leader": "a group with it may stand still when a member joins; see docs/design.md",
    "group_replication_clone_threshold": "only the agent clones, and only onto an empty member; see topology",
    "group_replication_force_members": "it would start a second group beside the first; see topology.force_start",
    "binlog_format": "rows are the only format that replicates safely, and already the default",
    "binlog_do_db": _WHOLE,
    "binlog_ignore_db": _WHOLE,
    "replicate_do_db": _WHOLE,
    "replicate_do_table": _WHOLE,
    "replicate_ignore_db": _WHOLE,
    "replicate_ignore_table": _WHOLE,
    "replicate_wild_do_table": _WHOLE,
    "replicate_wild_ignore_table": _WHOLE,
    "replica_skip_errors": _DIVERGES,
    "replica_exec_mode": _DIVERGES,
    "binlog_error_action": "a primary that cannot write its binary log must stop, or replicas would miss writes",
    "innodb_force_recovery": "it is for a damaged member, one at a time and by hand; a damaged replica is copied anew",
    "innodb_read_only": _READ_ONLY,
    "offline_mode": "the agent keeps clients out with it until a member is in order",
    "innodb_data_home_dir": _VOLUME,
    "innodb_log_group_home_dir": _VOLUME,
    "innodb_undo_directory": _VOLUME,
    "innodb_directories": _VOLUME,
    "innodb_data_file_path": _VOLUME,
    "basedir": _POD,
    "chroot": _POD,
    "log_error": "the container's log is where people and `make up` look for it",
    "grant_tables": "it would let everybody in without a password",
    "networking": "other pods must reach the server",
    "initialize": _START,
    "initialize_insecure": _START,
    "daemonize": _START,
}
"""Settings that are not in my.cnf but must not come in by an override either, without ``skip_`` in front."""

COMMON_PLUGINS = ("mysql_clone.so", "auth_socket.so")
REPLICATION_PLUGINS = ("semisync_source.so", "semisync_replica.so")
GROUP_PLUGINS = ("group_replication.so",)

DEFAULTS: Mapping[str, str] = {
    "character_set_server": "utf8mb4",
    "max_connections": "200",
    "max_allowed_packet": "67108864",
    "skip_name_resolve": "ON",
    "binlog_expire_logs_seconds": "604800",
    "log_error_verbosity": "2",
}
"""For every topology; the sizes that follow from memory and storage are in ``my_cnf``."""

REPLICATION_DEFAULTS: Mapping[str, str] = {
    "replica_net_timeout": "10",
}


def defaults(topology: str) -> dict[str, str]:
    """All suggested settings of a fixed size. ``topology``: its kind."""
    return {**DEFAULTS} if topology == "standalone" else {**DEFAULTS, **REPLICATION_DEFAULTS}


def enforced(topology: str, durability: str) -> dict[str, Enforced]:
    """All enforced settings of a fixed value. ``topology``: its kind; ``durability``: async or semi-sync."""
    if topology == "standalone":
        return dict(COMMON)
    if topology == "group-replication":
        return {**COMMON, **GROUP}
    return {**COMMON, **REPLICATION, **(SEMI_SYNC if durability == "semi-sync" else ASYNC)}


def plugins(topology: str) -> tuple[str, ...]:
    """The libraries to load. ``topology``: its kind."""
    extra = {"replication": REPLICATION_PLUGINS, "group-replication": GROUP_PLUGINS}
    return (*COMMON_PLUGINS, *extra.get(topology, ()))


def why_reserved(key: str) -> str | None:
    """Why nobody may override ``key`` (however it is spelled), or None if anybody may.

    One answer for all topologies: what a later change of topology would refuse is refused at once.
    """
    reasons = {**REFUSED, **GROUP_ARGUMENTS} | {
        name: setting.why for table in (GROUP, COMMON, REPLICATION, ASYNC, SEMI_SYNC) for name, setting in table.items()
    }
    name = canonical(key).replace("slave", "replica").replace("master", "source")
    bare = name
    for prefix in ("skip_", "disable_", "enable_", "maximum_"):
        bare = bare.removeprefix(prefix)
    return reasons.get(name) or reasons.get(bare)


def canonical(key: str) -> str:
    """The one spelling of a setting: ``loose-Max-Connections`` -> ``max_connections``.

    MySQL manual, "Program Option Modifiers": ``-`` and ``_`` are the same; ``loose_`` makes an unknown name a warning.
    """
    return with_underscores(key).removeprefix("loose_")


def with_underscores(key: str) -> str:
    """One spelling, with ``loose_`` kept: ``loose-Max-Connections`` -> ``loose_max_connections``."""
    return key.lower().replace("-", "_")


def size_in_bytes(value: str | int) -> int:
    """A size as mysqld reads it: ``512M`` -> 536870912 (manual, "Using Options to Set Program Variables").

    Raises ValueError for anything else.
    """
    text = str(value).strip().upper()
    power = "KMGTPE".find(text[-1:]) + 1 if text else 0
    digits = text[:-1] if power else text
    if not digits.isdecimal():
        raise ValueError("is not a size; write bytes, or a number with K, M, G or T")
    return int(digits) * 1024**power
