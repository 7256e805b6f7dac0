"""Proves that what is stored can be restored: does it, on a volume that is thrown away, and reads every table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

from . import restore
from .layout import VERIFIED, Layout
from .planning import show_time
from .scratch import Scratch
from .settings import MYSQL_FOLDER, Settings
from .store import Store

_TABLES = (
    "SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
    " AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema') ORDER BY 1, 2"
)


class TableDamaged(restore.ApplyFailed):
    """A restored table cannot be read."""


def run(settings: Settings, store: Store, say: Callable[[str], None]) -> None:
    """Restore the newest state, check it, and note that beside the base backup. Raises as a restore does."""
    newest = replace(settings, until="")
    found = restore.make_plan(newest, store)
    say(f"restoring base backup {found.base.id} and {len(found.segments)} segments")
    began = time.monotonic()
    scratch = restore.build(found, newest, store, MYSQL_FOLDER / "data", say)
    seconds = time.monotonic() - began
    tables = check_tables(scratch)
    scratch.stop()
    note = {
        "verified": show_time(time.time_ns() // 1000),
        "until": show_time(found.until),
        "gtids": str(found.target),
        "segments": len(found.segments),
        "tables": tables,
        "restore_seconds": round(seconds, 1),
    }
    store.put_text(Layout(settings.cluster).base(found.base.id, VERIFIED), json.dumps(note) + "\n")
    say(f"verified: {tables} tables, as of {show_time(found.until)}")


def check_tables(scratch: Scratch) -> int:
    """Have mysqld check every table; returns how many. Raises TableDamaged."""
    tables = scratch.rows(_TABLES)
    for table in tables:
        name = f"`{table['db'].replace('`', '``')}`.`{table['name'].replace('`', '``')}`"
        verdicts = scratch.rows(f"CHECK TABLE {name.replace('%', '%%')}")
        bad = [row for row in verdicts if row["Msg_type"] in ("error", "warning")]
        if bad:
            raise TableDamaged(f"{name}: {bad[0]['Msg_text']}")
    return len(tables)
