"""Takes a base backup: a throw-away server gets a copy of a member's data, ends, and its files go to the target."""

from __future__ import annotations

import contextlib
import datetime as dt
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pymysql

from . import donors, packing, tables
from .catalogue import Base
from .donors import Member
from .engine import Engine, NoDonor
from .engines import engine_of
from .layout import MANIFEST, Layout, read_bases
from .settings import SPOOL, Settings
from .store import Store


def take(settings: Settings, store: Store, say: Callable[[str], None]) -> Base:
    """Raises NoDonor, CopyFailed, ScratchFailed, TargetError or a MySQLError; then nothing looks like a backup."""
    layout = Layout(settings.cluster)
    read_bases(store, layout)  # a target that cannot be read, or not with this key, gets nothing more
    engine = engine_of(settings)
    source = source_of(settings, donors.look_at_all(settings, engine.look))
    say(f"copying {source.host}")
    copy = engine.copy(settings, source)
    created = now_at(settings, engine, source.host)
    version = str(copy.scratch.rows("SELECT @@version AS version")[0]["version"]).partition("-")[0]
    checksums = tables.checksums(copy.scratch)
    copy.scratch.stop()
    id = dt.datetime.fromtimestamp(created / 1e6, dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    say(f"storing {id}, which holds {copy.gtids}")
    base = store_files(copy.data, engine, Base(
        id=id, cluster=settings.cluster, created=created, server_version=version, gtids=copy.gtids, source=source.host,
        codec=packing.best_codec(), parts=(), files=0, raw_bytes=0,
        tools={"python": platform.python_version(), "pymysql": pymysql.__version__, "mysqld": version},
        checksums=checksums, engine=engine.kind, galera=settings.in_galera,
    ), store, layout)  # fmt: skip
    store.put_text(layout.base(id, MANIFEST), base.to_json())
    say(f"done: {base.raw_bytes} bytes, {base.stored_bytes} compressed, {len(base.parts)} parts")
    return base


def source_of(settings: Settings, members: Sequence[Member]) -> Member:
    """Whom to copy from (pure). Raises NoDonor."""
    if settings.in_galera:
        source = donors.equal(members)
    else:
        primary = donors.primary_of(settings, members)
        if primary is None and settings.in_group:
            raise NoDonor("the group has no primary that accepts writes: nobody can tell whose data is the group's")
        source = donors.donor(members, primary)
    if source is None:
        raise NoDonor(f"no member answers with data: {', '.join(settings.members)}")
    return source


def now_at(settings: Settings, engine: Engine, host: str) -> int:
    """The member's clock, after the copy: nothing in the backup is younger. Raises pymysql.MySQLError."""
    with contextlib.closing(donors.connect(settings, host, donors.CLONE, "clone")) as connection:
        return engine.look(connection, host).now


def store_files(data: Path, engine: Engine, base: Base, store: Store, layout: Layout) -> Base:
    """Store the data directory's files; returns ``base`` with what became of them."""
    SPOOL.mkdir(parents=True, exist_ok=True)
    writer = packing.PartWriter(store, lambda name: layout.base(base.id, name), SPOOL, base.codec)
    files = packing.pack(data, lambda name: engine.not_part.fullmatch(name) is not None, writer)
    return replace(base, parts=tuple(writer.parts), files=files, raw_bytes=writer.raw_bytes)
