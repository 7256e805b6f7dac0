"""my.cnf: suggested settings, then the user's overrides, then what the design fixes. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Mapping

from . import engine_settings, galera_cnf, galera_settings, quantity, server_settings
from .args import MySQLClusterArgs
from .quantity import GIB, MIB

_REDO_STEP = 64 * MIB
_MOST_REDO = 4 * GIB

PATIENCE = {"fast": (0, 5), "tolerant": (15, 10)}
"""By profile, in seconds: group_replication_member_expel_timeout and group_replication_unreachable_majority_timeout.

mysqld suspects a member after 5 s of silence, and looks only every 15 s whether a suspicion has lasted for the expel
timeout (its gcs_xcom_control_interface.cc): 1 to 15 all mean some 20 s, and only 0 means less."""


def render(args: MySQLClusterArgs) -> str:
    """The whole file. The enforced part comes last, as mysqld lets the last of several lines win."""
    overrides = {server_settings.with_underscores(key): _text(value) for key, value in args.my_cnf.items()}
    extra = [overrides.pop("plugin_load_add")] if "plugin_load_add" in overrides else []
    engine = engine_settings.of(args.engine.kind)
    fixed = engine.enforced(args.topology.kind, args.durability)
    enforced = {key: setting.value for key, setting in fixed.items()} | _of_topology(args)
    overridden = {server_settings.canonical(key) for key in overrides}
    suggested = {key: value for key, value in _suggested(args).items() if key not in overridden}
    return "\n".join(
        [
            "[mysqld]",
            "# suggested",
            *_lines(suggested),
            *(["", "# overridden", *_lines(overrides)] if overrides else []),
            "",
            "# enforced",
            *_lines(enforced),
            *(f"plugin_load_add = {plugin}" for plugin in [*engine.plugins(args.topology.kind), *extra]),
            *(_section("sst", galera_settings.TRANSFER) if args.topology.kind == "galera" else []),
            "",
        ]
    )


def buffer_pool_bytes(args: MySQLClusterArgs) -> int:
    """What innodb_buffer_pool_size will be: the user's override, or what the memory allows."""
    for key, value in args.my_cnf.items():
        if server_settings.canonical(key) == "innodb_buffer_pool_size":
            return server_settings.size_in_bytes(str(value))
    return args.resources.buffer_pool_bytes


def redo_log_bytes(args: MySQLClusterArgs) -> int:
    """Half the buffer pool, but no more than a tenth of the volume: enough to flush evenly without filling the disk."""
    wished = min(buffer_pool_bytes(args) // 2, quantity.to_bytes(args.storage.size) // 10, _MOST_REDO)
    return max(_REDO_STEP, wished // _REDO_STEP * _REDO_STEP)


def _suggested(args: MySQLClusterArgs) -> dict[str, str]:
    engine = engine_settings.of(args.engine.kind)
    derived = {
        "innodb_buffer_pool_size": str(args.resources.buffer_pool_bytes),
        engine.redo_log: str(redo_log_bytes(args)),
    }
    return {**engine.defaults(args.topology.kind), **derived, **_of_mysql(args)}


def _of_mysql(args: MySQLClusterArgs) -> dict[str, str]:
    """Sizes that MariaDB has no setting for."""
    if args.engine.kind != "mysql":
        return {}
    return {
        "innodb_buffer_pool_instances": str(args.resources.buffer_pool_instances),
        # mysqld's own default is a share of the node's memory, not of the container's.
        "temptable_max_ram": str(max(32 * MIB, args.resources.memory_bytes // 16)),
    }


def _of_topology(args: MySQLClusterArgs) -> dict[str, str]:
    """What the topology's arguments ask of Group Replication or of Galera."""
    topology = args.topology
    if topology.kind == "galera":
        return galera_cnf.settings(args, topology)
    if topology.kind != "group-replication":
        return {}
    expel, majority = PATIENCE[topology.profile]
    return {
        "group_replication_consistency": topology.consistency,
        "group_replication_member_expel_timeout": str(expel),
        "group_replication_unreachable_majority_timeout": str(majority),
    }


def _section(name: str, settings: Mapping[str, str]) -> list[str]:
    return ["", f"[{name}]", *(f"{key} = {value}" for key, value in settings.items())]


def _lines(settings: dict[str, str]) -> list[str]:
    return [f"{_spelled(key)} = {value}" for key, value in sorted(settings.items())]


def _spelled(key: str) -> str:
    """A plugin's setting is ``loose_``: ``--initialize`` loads no plugin, and ends at a setting that is unknown."""
    return f"loose_{key}" if key.startswith(("rpl_semi_sync_", "group_replication_", "clone_")) else key


def _text(value: str | int | float | bool) -> str:
    """A value as an option file has it (manual, "Using Option Files"): ``#`` starts a comment, ``\\`` escapes."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    text = str(value).replace("\\", "\\\\")
    needs_quotes = "#" in text or text != text.strip() or text.startswith(('"', "'"))
    return f'"{text}"' if needs_quotes else text
