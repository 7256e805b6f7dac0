"""Packing and unpacking beside `tar` and `gzip` of the same bytes, in one run."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mysql_k8s.agent.gtid import NOTHING
from mysql_k8s.backup import packing
from mysql_k8s.backup.catalogue import Base
from mysql_k8s.backup.packing import PartWriter
from mysql_k8s.backup.store import VolumeStore

PAGE = 16384
PAGES = 4096
"""64 MiB in four files: rows of words and numbers, pages half empty, as tables have them."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    chance = random.Random(3)
    words = [f"{chance.getrandbits(40):x}" for _ in range(5000)]
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a.ibd", "b.ibd", "c.ibd", "ibdata1"):
        with (folder / name).open("wb") as file:
            for _ in range(PAGES // 4):
                rows = " ".join(chance.choices(words, k=800)).encode()
                file.write(rows[: PAGE * 2 // 3].ljust(PAGE, b"\0"))
    return folder


def seconds(work: Callable[[], None]) -> float:
    """The better of two runs, with everything on disk."""

    def once() -> float:
        began = time.monotonic()
        work()
        os.sync()
        return time.monotonic() - began

    return min(once(), once())


def shell(command: str) -> Callable[[], None]:
    return lambda: (subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], check=True), None)[1]


def test_packing_is_at_least_as_fast_as_tar_and_gzip(data: Path, tmp_path: Path) -> None:
    store, spool, made = VolumeStore(tmp_path / "target"), tmp_path / "spool", list[Base]()
    spool.mkdir()

    def pack() -> None:
        writer = PartWriter(store, lambda name: f"b/{name}", spool, packing.best_codec())
        files = packing.pack(data, lambda _: False, writer)
        made.append(Base(
            id="1", cluster="orders", created=1, server_version="9.7.4", gtids=NOTHING, source="r", tools={},
            codec=packing.best_codec(), parts=tuple(writer.parts), files=files, raw_bytes=writer.raw_bytes,
        ))  # fmt: skip

    def unpack() -> None:
        shutil.rmtree(tmp_path / "ours", ignore_errors=True)
        (tmp_path / "ours").mkdir()
        packing.unpack(store, made[-1], lambda name: f"b/{name}", spool, tmp_path / "ours")

    theirs = tmp_path / "theirs"
    packed, unpacked = seconds(pack), seconds(unpack)
    gzipped = seconds(shell(f"tar c -C {data} . | gzip > {tmp_path}/all.tar.gz"))
    gunzipped = seconds(shell(f"rm -rf {theirs}; mkdir {theirs}; gzip -dc {tmp_path}/all.tar.gz | tar x -C {theirs}"))
    raw, stored = made[-1].raw_bytes >> 20, made[-1].stored_bytes >> 20
    print(f"\n  {raw} MiB packed to {stored} MiB in {packed:.1f} s, by `tar | gzip` in {gzipped:.1f} s")
    print(f"  unpacked in {unpacked:.1f} s, by `gzip -d | tar x` in {gunzipped:.1f} s")
    assert packed <= gzipped
    assert unpacked <= 2 * gunzipped
    for file in data.iterdir():
        assert (tmp_path / "ours" / file.name).read_bytes() == file.read_bytes()
