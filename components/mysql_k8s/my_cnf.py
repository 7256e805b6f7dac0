"""my.cnf: suggested settings, then the user's overrides, then what the design fixes. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Iterable

from . import quantity, server_settings
from .args import MySQLClusterArgs, Topology
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
    plugins = overrides.pop("plugin_load_add", None)
    fixed = server_settings.enforced(args.topology.kind, args.durability)
    enforced = {key: setting.value for key, setting in fixed.items()} | _of_group(args.topology)
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
            *(f"plugin_load_add = {plugin}" for plugin in _plugins(args, plugins)),
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
    derived = {
        "innodb_buffer_pool_size": str(args.resources.buffer_pool_bytes),
        "innodb_buffer_pool_instances": str(args.resources.buffer_pool_instances),
        "innodb_redo_log_capacity": str(redo_log_bytes(args)),
        # mysqld's own default is a share of the node's memory, not of the container's.
        "temptable_max_ram": str(max(32 * MIB, args.resources.memory_bytes // 16)),
    }
    return {**server_settings.defaults(args.topology.kind), **derived}


def _of_group(topology: Topology) -> dict[str, str]:
    """What the topology's arguments ask of Group Replication."""
    if topology.kind != "group-replication":
        return {}
    expel, majority = PATIENCE[topology.profile]
    return {
        "group_replication_consistency": topology.consistency,
        "group_replication_member_expel_timeout": str(expel),
        "group_replication_unreachable_majority_timeout": str(majority),
    }


def _plugins(args: MySQLClusterArgs, extra: str | None) -> Iterable[str]:
    yield from server_settings.COMMON_PLUGINS
    if args.topology.kind == "replication":
        yield from server_settings.REPLICATION_PLUGINS
    if args.topology.kind == "group-replication":
        yield from server_settings.GROUP_PLUGINS
    if extra:
        yield extra


def _lines(settings: dict[str, str]) -> list[str]:
    return [f"{_spelled(key)} = {value}" for key, value in sorted(settings.items())]


def _spelled(key: str) -> str:
    """A plugin's setting is ``loose_``: ``--initialize`` loads no plugin, and ends at a setting that is unknown."""
    return f"loose_{key}" if key.startswith(("rpl_semi_sync_", "group_replication_")) else key


def _text(value: str | int | float | bool) -> str:
    """A value as an option file has it (manual, "Using Option Files"): ``#`` starts a comment, ``\\`` escapes."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    text = str(value).replace("\\", "\\\\")
    needs_quotes = "#" in text or text != text.strip() or text.startswith(('"', "'"))
    return f'"{text}"' if needs_quotes else text
