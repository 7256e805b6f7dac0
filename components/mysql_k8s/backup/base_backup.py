"""Takes a base backup: a throw-away mysqld clones a member, ends, and its data directory goes to the target."""

from __future__ import annotations

import contextlib
import datetime as dt
import platform
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pymysql

from ..agent.gtid import GtidSet
from . import donors, packing, tables
from .catalogue import Base
from .layout import MANIFEST, Layout, read_bases
from .scratch import Scratch, ScratchFailed
from .settings import CA_FILE, MYSQL_FOLDER, SPOOL, Settings, password
from .store import Store

NOT_PART = re.compile(
    r"auto\.cnf|mysqld-auto\.cnf|binlog\.(\d+|index)|relay\.(\d+|index)|.*\.pem|ib_buffer_pool|#innodb_temp(/.*)?"
    r"|ibtmp\d+|#innodb_redo/#ib_redo\d+_tmp|#clone(/.*)?|.*\.pid|mysql_upgrade_history"
)
"""What belongs to the process and not to the data. Without auto.cnf a restored server gets an identity of its own."""


class NoDonor(Exception):
    """Nobody to copy from."""


def take(settings: Settings, store: Store, say: Callable[[str], None]) -> Base:
    """Raises NoDonor, ScratchFailed, TargetError or pymysql.MySQLError; then nothing looks like a backup."""
    layout = Layout(settings.cluster)
    read_bases(store, layout)  # a target that cannot be read, or not with this key, gets nothing more
    members = donors.look_at_all(settings)
    primary = donors.primary_of(settings, members)
    if primary is None and settings.in_group:
        raise NoDonor("the group has no primary that accepts writes: nobody can tell whose data is the group's")
    source = donors.donor(members, primary)
    if source is None:
        raise NoDonor(f"no member answers with data: {', '.join(settings.members)}")
    say(f"cloning {source.host}")
    data = MYSQL_FOLDER / "data"
    shutil.rmtree(data, ignore_errors=True)
    scratch = Scratch(data)
    scratch.initialise()
    scratch.start()
    gtids = clone(scratch, settings, source.host)
    created = now_at(settings, source.host)
    version = str(scratch.rows("SELECT @@version AS version")[0]["version"]).partition("-")[0]
    checksums = tables.checksums(scratch)
    scratch.stop()
    id = dt.datetime.fromtimestamp(created / 1e6, dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    say(f"storing {id}, which holds {gtids}")
    base = store_files(data, Base(
        id=id, cluster=settings.cluster, created=created, server_version=version, gtids=gtids, source=source.host,
        codec=packing.best_codec(), parts=(), files=0, raw_bytes=0,
        tools={"python": platform.python_version(), "pymysql": pymysql.__version__, "mysqld": version},
        checksums=checksums,
    ), store, layout)  # fmt: skip
    store.put_text(layout.base(id, MANIFEST), base.to_json())
    say(f"done: {base.raw_bytes} bytes, {base.stored_bytes} compressed, {len(base.parts)} parts")
    return base


def clone(scratch: Scratch, settings: Settings, host: str) -> GtidSet:
    """Copy everything from a member; returns what was copied. Raises pymysql.MySQLError, ScratchFailed."""
    scratch.rows("SET GLOBAL clone_valid_donor_list = %s", (f"{host}:{settings.port}",))
    scratch.rows("SET GLOBAL clone_ssl_ca = %s", (str(CA_FILE),))
    try:
        scratch.rows(
            "CLONE INSTANCE FROM %s@%s:%s IDENTIFIED BY %s REQUIRE SSL",
            (donors.CLONE, host, settings.port, password("clone")),
        )
    except pymysql.OperationalError as error:
        if not 2000 <= int(error.args[0]) < 3000:  # it restarts when it has everything, which ends the connection
            raise
    scratch.close()
    scratch.wait_until_up()
    outcome = scratch.rows("SELECT STATE, ERROR_MESSAGE FROM performance_schema.clone_status")
    if not outcome or outcome[0]["STATE"] != "Completed":
        raise ScratchFailed(f"cloning {host} did not complete: {outcome}")
    return GtidSet.parse(str(scratch.rows("SELECT @@gtid_executed AS gtids")[0]["gtids"]))


def now_at(settings: Settings, host: str) -> int:
    """The member's clock, after the clone: nothing in the backup is younger. Raises pymysql.MySQLError."""
    with contextlib.closing(donors.connect(settings, host, donors.CLONE, "clone")) as connection:
        return donors.look(connection, host).now


def store_files(data: Path, base: Base, store: Store, layout: Layout) -> Base:
    """Store the data directory's files; returns ``base`` with what became of them."""
    SPOOL.mkdir(parents=True, exist_ok=True)
    writer = packing.PartWriter(store, lambda name: layout.base(base.id, name), SPOOL, base.codec)
    files = packing.pack(data, lambda name: NOT_PART.fullmatch(name) is not None, writer)
    return replace(base, parts=tuple(writer.parts), files=files, raw_bytes=writer.raw_bytes)
