"""Segments beyond 4 GiB, where an event's own 32-bit position ends: as sparse files, which cost nothing."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
import test_backup_events as of_mysql
import test_backup_mariadb as of_mariadb

from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.backup import events, restore, service
from mysql_k8s.backup.archive import Archiver, Progress
from mysql_k8s.backup.engine import Engine
from mysql_k8s.backup.engine_mysql import MySQL
from mysql_k8s.backup.settings import Settings
from mysql_k8s.backup.store import VolumeStore

GIB = 1 << 30
LARGE = 5 * GIB
MYSQL_SETTINGS = Settings("db", "shop", (), 3306, 1, True, "volume", 1, 1, "9.7.4")
MYSQL = MySQL(MYSQL_SETTINGS)


def gtid_of_a_large_one(number: int) -> bytes:
    """As MySQL writes it: the transaction's length in eight bytes."""
    head = b"\x00" + bytes.fromhex(of_mysql.UUID.replace("-", "")) + struct.pack("<q", number) + b"\x02" + bytes(16)
    return of_mysql.event(events.GTID, head + bytes(7) + b"\xfe" + struct.pack("<QI", LARGE, 90704))


def of_mysql_beyond(path: Path) -> None:
    """One transaction of LARGE bytes, and a small one behind it."""
    with path.open("wb") as file:
        file.write(MYSQL.log.opening(of_mysql.FORMAT, NOTHING))
        began = file.tell()
        file.write(gtid_of_a_large_one(1))
        file.seek(began + LARGE)
        file.write(b"".join(of_mysql.transaction(2, 100)))


def of_mariadb_beyond(path: Path) -> None:
    """The same. MariaDB's GTID event has no length: every event counts, each of a GiB here."""
    with path.open("wb") as file:
        file.write(of_mariadb.ENGINE.log.opening(of_mariadb.FORMAT, NOTHING))
        file.write(of_mariadb.gtid(1))
        for _ in range(5):
            began = file.tell()
            file.write(struct.pack("<IBIIIH", 0, 23, 7, GIB, 0, 0))
            file.seek(began + GIB)
        file.write(of_mariadb.XID + b"".join(of_mariadb.of_rows(2)))


def check(engine: Engine, segment: Path, second: str, folder: Path) -> None:
    (first, first_at), (last, last_at) = engine.log.transactions(segment)
    assert first.length >= LARGE
    assert (last.number, last_at) == (2, first_at + first.length)
    assert last_at + last.length == segment.stat().st_size
    relay_log = folder / "relay"
    assert GtidSet.parse(second) <= restore.cut(engine, segment, relay_log, GtidSet.parse(second))
    assert [(begin.number, begin.length) for begin, _ in engine.log.transactions(relay_log)] == [(2, last.length)]


def test_mysqls_transactions_are_found_beyond_four_gib(tmp_path: Path) -> None:
    of_mysql_beyond(tmp_path / "segment")
    check(MYSQL, tmp_path / "segment", f"{of_mysql.UUID}:2", tmp_path)


def test_mariadbs_transactions_are_found_beyond_four_gib(tmp_path: Path) -> None:
    of_mariadb_beyond(tmp_path / "segment")
    check(of_mariadb.ENGINE, tmp_path / "segment", "0-7:2", tmp_path)


class SlowStore(VolumeStore):
    """Takes longer than a keeper may otherwise stand still; ``alive``: what its liveness probe was told meanwhile."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        super().__init__(folder)
        self._patch = patch
        self.alive: list[int] = []

    def put(self, file: Path, key: str) -> None:
        later = time.monotonic() + 4 * service.STUCK_SECONDS
        with self._patch.context() as patch:
            patch.setattr(time, "monotonic", lambda: later)
            self.alive.append(service.livez(self.progress)[0])
        super().put(file, key)

    progress: Progress


@pytest.mark.parametrize(("size", "status"), [(16 << 20, 503), (LARGE, 200)])
def test_a_keeper_that_stores_something_large_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, status: int
) -> None:
    store = SlowStore(tmp_path, monkeypatch)
    archiver = Archiver(MYSQL_SETTINGS, store, lambda _: None, lambda _: None)
    store.progress = archiver.progress
    segment = of_mysql.segment_file(tmp_path, "")
    segment.size = size
    archiver.store_segment(segment)
    assert store.alive == [status]
