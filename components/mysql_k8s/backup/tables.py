"""What proves that tables are whole: the server's own check of each, and checksums of all rows."""

from __future__ import annotations

from collections.abc import Mapping

from .engine import ApplyFailed
from .scratch import Scratch

_ALL = (
    "SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
    " AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema') ORDER BY 1, 2"
)
_SERVERS_OWN = ("mysql", "sys")
"""Schemas that a server changes by itself, as it starts."""


class TableDamaged(ApplyFailed):
    """A restored table cannot be read, or has other rows than were backed up."""


def check(scratch: Scratch) -> int:
    """Have mysqld check every table; returns how many. Raises TableDamaged."""
    found = scratch.rows(_ALL)
    for table in found:
        verdicts = scratch.rows(f"CHECK TABLE {_quoted(table)}")
        bad = [row for row in verdicts if row["Msg_type"] in ("error", "warning")]
        if bad:
            raise TableDamaged(f"{_plain(table)}: {bad[0]['Msg_text']}")
    return len(found)


def checksums(scratch: Scratch) -> dict[str, str]:
    """Of all rows of each table that is not the server's own. Reads everything."""
    mine = [table for table in scratch.rows(_ALL) if table["db"] not in _SERVERS_OWN]
    return {_plain(table): str(scratch.rows(f"CHECKSUM TABLE {_quoted(table)}")[0]["Checksum"]) for table in mine}


def compare(found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """Raises TableDamaged unless both have the same tables with the same rows (pure)."""
    differing = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    if differing:
        raise TableDamaged(f"{', '.join(differing[:10])}: the rows are not those that were backed up")


def _plain(table: Mapping[str, str]) -> str:
    return f"{table['db']}.{table['name']}"


def _quoted(table: Mapping[str, str]) -> str:
    """PyMySQL formats only statements with values: a percent sign stays as it is."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in (table["db"], table["name"]))
