"""Fills an empty volume: a base backup, then exactly those archived transactions that lead to the moment.

The transactions are applied by the server itself, as relay logs, in several threads and in the order of their commits.
Each relay log is cut to what is needed, and in the end the server must hold just what the plan says.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..agent.gtid import NOTHING, GtidSet
from . import packing, segments
from .catalogue import Segment
from .engine import ApplyFailed, Engine
from .engines import engine_of
from .events import Begin, DamagedLog
from .layout import Layout, read_bases, read_chains
from .marks import timed
from .packing import DamagedBackup
from .planning import Plan, Refused, gathered, just, plan, read_moment, show_time
from .scratch import Scratch
from .settings import MYSQL_FOLDER, SPOOL, Settings
from .store import Store, sha256

BATCH_BYTES = 1 << 30
"""Binary logs on the volume at a time."""
GROWN = 10
"""How often a segment may be replaced by a longer one while it is fetched."""
_COPY = 1 << 20

Say = Callable[[str], None]


def make_plan(settings: Settings, store: Store) -> Plan:
    """Raises Refused, DamagedBackup, DamagedCatalogue, DamagedLog or TargetError."""
    layout, engine = Layout(settings.cluster), engine_of(settings)

    def read(segment: Segment) -> Iterator[Begin]:
        file = fetch(store, segment)
        try:
            yield from timed((begin for begin, _ in engine.log.transactions(file)), segment.marks)
        finally:
            file.unlink()

    bases = read_bases(store, layout)
    if settings.base:
        found = just(bases, settings.base)
    else:
        found = plan(bases, read_chains(store, layout), read_moment(settings.until), read)
    refuse_unfit(found, engine, settings)
    return found


def refuse_unfit(found: Plan, engine: Engine, settings: Settings) -> None:
    """No server can open another one's data, or that of a newer version. Raises Refused."""
    version = settings.server_version
    if found.base.engine != engine.kind:
        raise Refused(f"the backup is not of {engine.name}: restore it with engine.kind = {found.base.engine}")
    if found.base.galera and not settings.in_galera:
        raise Refused("the backup is of a Galera cluster: restore it with topology.kind = galera")
    if settings.in_galera and not found.base.galera:
        raise Refused("the backup is not of a Galera cluster: restore it with topology.kind = replication")
    newest = max([found.base.server_version, *(each.server_version for each in found.segments)], key=_numbers)
    if _numbers(newest) > _numbers(version):
        what = f"the backup is of {engine.name} {newest}"
        raise Refused(f"{what}, and this cluster runs {version}: use {newest} or newer")


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
    engine = engine_of(settings)
    if settings.in_group:
        engine.name_anew(scratch)
    engine.finish(scratch, half, found.target)
    done.write_text(json.dumps({"request": request, "base": found.base.id, "gtids": str(found.target)}))
    os.sync()
    half.rename(data)
    say(f"restored: {found.target}")


def build(
    found: Plan, settings: Settings, store: Store, folder: Path, say: Say, at_base: Callable[[Scratch], None]
) -> Scratch:
    """Carry out a plan in ``folder``; returns the server that runs on it. Raises ApplyFailed, and as ``unpack``.

    ``at_base`` looks at the server before anything is applied.
    """
    engine = engine_of(settings)
    scratch = start_on_base(engine, found, settings, store, folder)
    at_base(scratch)
    missing = found.target - found.base.gtids
    for number, batch in enumerate(batches(found.segments)):
        apply(engine, scratch, folder, store, batch, f"batch{number}", missing)
        say(f"applied up to segment {batch[-1].number}")
    expect(engine, scratch, found.target, "what was restored")
    return scratch


def start_on_base(engine: Engine, found: Plan, settings: Settings, store: Store, folder: Path) -> Scratch:
    """Unpack a plan's base backup into ``folder``; returns the server that runs on it. Raises as ``build``."""
    layout = Layout(settings.cluster)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o750)
    SPOOL.mkdir(parents=True, exist_ok=True)
    packing.unpack(store, found.base, lambda name: layout.base(found.base.id, name), SPOOL, folder)
    scratch = engine.scratch(folder)
    scratch.start()
    expect(engine, scratch, found.base.gtids, "the base backup")
    return scratch


def expect(engine: Engine, scratch: Scratch, gtids: GtidSet, what: str) -> None:
    """Raises ApplyFailed unless the server holds just this."""
    if not engine.holds(scratch, gtids):
        raise ApplyFailed(f"{what} is not what it should be: the server holds {engine.held(scratch)}, not {gtids}")


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


def apply(
    engine: Engine, scratch: Scratch, folder: Path, store: Store, batch: Sequence[Segment], channel: str,
    missing: GtidSet,
) -> None:  # fmt: skip
    """Have the server apply what these segments hold of ``missing``, as the relay logs of a channel of its own."""
    relay_logs: list[str] = []
    wanted = NOTHING
    for segment in batch:
        name = f"relay-{channel}.{len(relay_logs) + 1:06d}"
        if held := cut(engine, fetch(store, segment), folder / name, missing):
            wanted |= held
            relay_logs.append(name)
    if relay_logs:
        (folder / f"relay-{channel}.index").write_text("".join(f"./{name}\n" for name in relay_logs))
        engine.apply(scratch, channel, relay_logs[0], wanted)


def cut(engine: Engine, segment: Path, relay_log: Path, missing: GtidSet) -> GtidSet:
    """Write what a segment holds of ``missing`` as a relay log; returns it. Deletes the segment's file."""
    numbers: dict[str, list[int]] = {}
    with segment.open("rb") as source, relay_log.open("wb") as written:
        written.write(engine.log.opening(segments.format_event(segment), NOTHING))
        for begin, at in engine.log.transactions(segment):
            if not holds(missing, begin):
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
