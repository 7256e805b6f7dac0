"""Proves that what is stored can be restored: does it, on a volume that is thrown away, compares and reads it all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

from . import restore, tables
from .catalogue import Base
from .layout import VERIFIED, Layout
from .planning import show_time
from .scratch import Scratch
from .settings import MYSQL_FOLDER, Settings
from .store import Store


def run(settings: Settings, store: Store, say: Callable[[str], None]) -> None:
    """Restore the newest state, check it, and note that beside the base backup. Raises as a restore does."""
    newest = replace(settings, until="")
    found = restore.make_plan(newest, store)
    say(f"restoring base backup {found.base.id} and {len(found.segments)} segments")
    compared: list[int] = []
    began = time.monotonic()
    scratch = restore.build(
        found, newest, store, MYSQL_FOLDER / "data", say,
        lambda unpacked: compared.append(same_rows(unpacked, found.base)),
    )  # fmt: skip
    seconds = time.monotonic() - began
    checked = tables.check(scratch)
    scratch.stop()
    note = {
        "verified": show_time(time.time_ns() // 1000),
        "until": show_time(found.until),
        "gtids": str(found.target),
        "segments": len(found.segments),
        "tables": checked,
        "checksums": sum(compared),
        "restore_seconds": round(seconds, 1),
    }
    store.put_text(Layout(settings.cluster).base(found.base.id, VERIFIED), json.dumps(note) + "\n")
    say(f"verified: {checked} tables, {sum(compared)} by their rows, as of {show_time(found.until)}")


def same_rows(scratch: Scratch, base: Base) -> int:
    """Compare every table, as unpacked, with the checksums in the manifest; returns how many. Raises TableDamaged.

    Another version of the server may count in another way: then there is nothing to compare.
    """
    version = str(scratch.rows("SELECT @@version AS version")[0]["version"]).partition("-")[0]
    if not base.checksums or version != base.server_version:
        return 0
    tables.compare(tables.checksums(scratch), base.checksums)
    return len(base.checksums)
