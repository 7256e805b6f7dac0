"""Fills an empty volume: a base backup, then exactly those archived transactions that lead to the moment.

The transactions are applied by mysqld itself, as relay logs, in several threads and in the order of their commits. Each
relay log is cut to what is needed, and in the end the server must have executed just what the plan says.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..agent.group import GROUP_TABLE
from ..agent.gtid import GtidSet
from . import packing, segments
from .catalogue import Segment
from .events import Begin, DamagedLog, opening
from .layout import Layout, read_bases, read_chains
from .packing import DamagedBackup
from .planning import Plan, Refused, gathered, just, plan, read_moment, show_time
from .scratch import Scratch
from .settings import MYSQL_FOLDER, SPOOL, Settings
from .store import Store, sha256
from .stream import encode

BATCH_BYTES = 1 << 30
"""Binary logs on the volume at a time."""
GROWN = 10
"""How often a segment may be replaced by a longer one while it is fetched."""
_COPY = 1 << 20
_WAIT_SECONDS = 2

Say = Callable[[str], None]


class ApplyFailed(Exception):
    """mysqld could not apply what was archived, or holds something else than planned afterwards."""


def make_plan(settings: Settings, store: Store) -> Plan:
    """Raises Refused, DamagedBackup, DamagedCatalogue, DamagedLog or TargetError."""
    layout = Layout(settings.cluster)

    def read(segment: Segment) -> Iterator[Begin]:
        file = fetch(store, segment)
        try:
            yield from (begin for begin, _ in segments.transactions(file))
        finally:
            file.unlink()

    bases = read_bases(store, layout)
    if settings.base:
        found = just(bases, settings.base)
    else:
        found = plan(bases, read_chains(store, layout), read_moment(settings.until), read)
    refuse_newer(found, settings.server_version)
    return found


def refuse_newer(found: Plan, version: str) -> None:
    """MySQL cannot open the data of a newer version. Raises Refused."""
    newest = max([found.base.server_version, *(each.server_version for each in found.segments)], key=_numbers)
    if _numbers(newest) > _numbers(version):
        raise Refused(f"the backup is of MySQL {newest}, and this cluster runs {version}: use {newest} or newer")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split("."))


def fill_volume(settings: Settings, store: Store, say: Say) -> None:
    """Restore into the volume unless this very restore was done there before. Raises Refused if it holds other data."""
    request = {"cluster": settings.cluster, "store": settings.store, "until": settings.until, "base": settings.base}
    done = MYSQL_FOLDER / "restored.json"
    data = MYSQL_FOLDER / "data"
    if data.exists():
        if done.exists() and json.loads(done.read_text())["request"] == request:
            say("this restore was done already")
            return
        raise Refused("the volume holds a data directory: a restore fills an empty volume only")
    found = make_plan(settings, store)
    say(f"restoring base backup {found.base.id} and {len(found.segments)} segments, as of {show_time(found.until)}")
    half = MYSQL_FOLDER / "restoring"  # no dot in front: InnoDB finds no tablespaces in a hidden folder
    scratch = build(found, settings, store, half, say, lambda _: None)
    if settings.in_group:
        name_anew(scratch)
    finish(scratch, half)
    done.write_text(json.dumps({"request": request, "base": found.base.id, "gtids": str(found.target)}))
    os.sync()
    half.rename(data)
    say(f"restored: {found.target}")


def build(
    found: Plan, settings: Settings, store: Store, folder: Path, say: Say, at_base: Callable[[Scratch], None]
) -> Scratch:
    """Carry out a plan in ``folder``; returns the mysqld that runs on it. Raises ApplyFailed, and as ``unpack``.

    ``at_base`` looks at the server before anything is applied.
    """
    layout = Layout(settings.cluster)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o750)
    SPOOL.mkdir(parents=True, exist_ok=True)
    packing.unpack(store, found.base, lambda name: layout.base(found.base.id, name), SPOOL, folder)
    scratch = Scratch(folder)
    scratch.start()
    expect(scratch, found.base.gtids, "the base backup")
    at_base(scratch)
    for batch in batches(found.segments):
        apply(scratch, folder, store, batch, found.target)
        say(f"applied up to segment {batch[-1].number}")
    expect(scratch, found.target, "what was restored")
    return scratch


def name_anew(scratch: Scratch) -> None:
    """Make it a group of its own: under the old name its next transactions would have GTIDs that were given before.

    Nothing writes a binary log here, so this takes no GTID.
    """
    for statement in ("SET GLOBAL super_read_only = OFF", *GROUP_TABLE):
        scratch.rows(statement)
    scratch.rows("REPLACE INTO mysql_k8s.replication_group (id, name, epoch) VALUES (1, %s, '')", (str(uuid.uuid4()),))


def finish(scratch: Scratch, folder: Path) -> None:
    """Leave the data as a server that never replicated, and without this one's identity."""
    if scratch.rows("SHOW REPLICA STATUS"):
        scratch.rows("STOP REPLICA")
        scratch.rows("RESET REPLICA ALL")
    scratch.stop()
    for name in ("auto.cnf", "relay.index"):
        (folder / name).unlink(missing_ok=True)


def expect(scratch: Scratch, gtids: GtidSet, what: str) -> None:
    """Raises ApplyFailed unless the server has executed just this."""
    executed = GtidSet.parse(str(scratch.rows("SELECT @@gtid_executed AS gtids")[0]["gtids"]))
    if executed != gtids:
        missing, extra = gtids - executed, executed - gtids
        raise ApplyFailed(
            f"{what} is not what it should be: missing {missing or 'nothing'}, too much {extra or 'nothing'}"
        )


def batches(all_of: Sequence[Segment]) -> Iterator[list[Segment]]:
    """In order, about BATCH_BYTES at a time (pure)."""
    batch: list[Segment] = []
    for segment in all_of:
        if batch and sum(each.size for each in batch) + segment.size > BATCH_BYTES:
            yield batch
            batch = []
        batch.append(segment)
    if batch:
        yield batch


def apply(scratch: Scratch, folder: Path, store: Store, batch: Sequence[Segment], target: GtidSet) -> None:
    """Have mysqld apply what these segments hold of ``target``. What it has executed already it skips by itself."""
    if scratch.rows("SHOW REPLICA STATUS"):
        scratch.rows("RESET REPLICA ALL")
    names: list[str] = []
    wanted = GtidSet({})
    for segment in batch:
        name = f"relay.{len(names) + 1:06d}"
        wanted |= cut(fetch(store, segment), folder / name, target)
        names.append(name)
    (folder / "relay.index").write_text("".join(f"./{name}\n" for name in names))
    scratch.rows(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'archive', SOURCE_AUTO_POSITION = 0, GTID_ONLY = 0,"
        f" RELAY_LOG_FILE = '{names[0]}', RELAY_LOG_POS = 4"
    )
    scratch.rows("START REPLICA SQL_THREAD")
    wait_for(scratch, wanted)
    scratch.rows("STOP REPLICA SQL_THREAD")


def wait_for(scratch: Scratch, wanted: GtidSet) -> None:
    """Raises ApplyFailed if applying stops before all of it is executed."""
    while True:
        executed = GtidSet.parse(str(scratch.rows("SELECT @@gtid_executed AS gtids")[0]["gtids"]))
        if wanted <= executed:
            return
        status: dict[str, Any] = scratch.rows("SHOW REPLICA STATUS")[0]
        if status["Last_SQL_Errno"] or status["Replica_SQL_Running"] == "No":
            raise ApplyFailed(f"applying stopped: {status['Last_SQL_Error'] or 'without an error'}")
        scratch.rows("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s)", (str(wanted), _WAIT_SECONDS))


def cut(segment: Path, relay_log: Path, target: GtidSet) -> GtidSet:
    """Write what a segment holds of ``target`` as a relay log; returns it. Deletes the segment's file."""
    numbers: dict[str, list[int]] = {}
    with segment.open("rb") as source, relay_log.open("wb") as written:
        written.write(opening(segments.format_event(segment), encode(GtidSet({}))))
        for begin, at in segments.transactions(segment):
            if not holds(target, begin):
                continue
            source.seek(at)
            _copy(source, written, begin.length)
            numbers.setdefault(begin.source, []).append(begin.number)
    relay_log.chmod(0o640)
    segment.unlink()
    return gathered(numbers)


def holds(gtids: GtidSet, begin: Begin) -> bool:
    """Whether the transaction is in the set."""
    return any(first <= begin.number <= last for first, last in gtids.intervals.get(begin.source, ()))


def _copy(source: Any, written: Any, length: int) -> None:
    while length:
        chunk = source.read(min(length, _COPY))
        if not chunk:
            raise DamagedLog("a segment ends within a transaction")
        written.write(chunk)
        length -= len(chunk)


def fetch(store: Store, segment: Segment) -> Path:
    """A segment as a local file, compared with its checksum. Raises DamagedBackup or TargetError.

    One that grows is stored under another name each time: then what it has become is fetched, which begins the same.
    """
    SPOOL.mkdir(parents=True, exist_ok=True)
    file = SPOOL / f"segment-{segment.number}"
    for _ in range(GROWN):
        try:
            store.get(segment.object, file)
            break
        except FileNotFoundError:
            segment = grown(store, segment)
    else:
        raise DamagedBackup(f"{segment.object} is replaced again and again: try it once more")
    if file.stat().st_size != segment.size or sha256(file) != segment.sha256:
        raise DamagedBackup(f"{segment.object} is not what was archived: its checksum differs")
    return file


def grown(store: Store, segment: Segment) -> Segment:
    """What a segment whose object is gone has become. Raises DamagedBackup if it is just missing."""
    folder = segment.object.rpartition("/")[0]
    for text in store.documents(f"{folder}/", f"{segment.number:08d}.json").values():
        found = Segment.parse(text)
        key = f"{folder}/{found.object}"
        if key != segment.object and found.after == segment.after and segment.gtids <= found.gtids:
            return replace(found, object=key)
    raise DamagedBackup(f"{segment.object} is missing on the target")
