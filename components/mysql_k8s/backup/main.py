"""Entry point: ``base``, ``archive``, ``restore``, ``drill``, ``plan``, ``list``, ``state``."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import pymysql

from . import base_backup, drill, listing, restore, retention
from .archive import Archiver
from .catalogue import DamagedCatalogue
from .engine import ApplyFailed, CopyFailed, NoDonor
from .events import DamagedLog
from .first_base import FirstBase
from .packing import DamagedBackup
from .planning import Refused
from .scratch import ScratchFailed
from .service import print_state, serve
from .settings import SETTINGS_FILE, Settings
from .store import Store, TargetError
from .targets import open_store
from .triggers import base_backup_now

FAILURES = (
    ApplyFailed, CopyFailed, DamagedBackup, DamagedCatalogue, DamagedLog, NoDonor, Refused, ScratchFailed, TargetError,
    pymysql.MySQLError, OSError,
)  # fmt: skip


def say(message: str) -> None:
    """One line of JSON on standard output. Never given a password."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(json.dumps({"time": now, "message": message}), flush=True)


def main() -> int:
    """Run the command that the first argument names; returns the exit status."""
    commands: dict[str, Callable[[Settings, Store], None]] = {
        "base": base,
        "archive": archive,
        "restore": fill,
        "drill": lambda settings, store: drill.run(settings, store, say),
        "list": lambda settings, store: print(listing.as_json(settings, store)),
        "plan": lambda settings, store: print(listing.plan_as_json(restore.make_plan(settings, store))),
    }
    if sys.argv[1:] == ["state"]:
        return print_state()
    command = commands.get(" ".join(sys.argv[1:]))
    if command is None:
        print(f"usage: backup.zip {'|'.join(commands)}|state", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, end)
    settings = Settings.parse(SETTINGS_FILE.read_text(encoding="utf-8")).as_ordered(os.environ)
    try:
        command(settings, open_store(settings))
    except FAILURES as error:
        message = f"{type(error).__name__}: {error}"
        print(json.dumps({"error": message}), file=sys.stderr, flush=True)
        leave_word(message)
        return 1
    return 0


def base(settings: Settings, store: Store) -> None:
    taken = base_backup.take(settings, store, say)
    leave_word(f"{taken.id}: {taken.stored_bytes} bytes")
    retention.apply(settings, store, say)


def fill(settings: Settings, store: Store) -> None:
    restore.fill_volume(settings, store, say)
    leave_word("the volume holds what was asked for, and nothing else")


def archive(settings: Settings, store: Store) -> None:
    def ask_for_base() -> None:
        if settings.cron_job:
            base_backup_now(settings, say)

    archiver = Archiver(settings, store, say, lambda _head: ask_for_base())
    signal.signal(signal.SIGTERM, lambda _signal, _frame: archiver.end())
    serve(archiver, settings, store)
    if settings.point_in_time:
        archiver.run()
    else:
        archiver.rest(FirstBase(settings, store, ask_for_base).see_to)


def end(_signal: int, _frame: FrameType | None) -> None:
    """A container's first process ignores SIGTERM unless it says otherwise. Nothing half-made counts."""
    os._exit(143)


def leave_word(message: str) -> None:
    """What `kubectl describe` and the operator's commands show of a container that has ended."""
    path = os.environ.get("TERMINATION_LOG", "/dev/termination-log")
    try:
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 (a device file of the kubelet's)
            file.write(message[:4000])
    except OSError:
        pass
