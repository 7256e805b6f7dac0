"""How fast a base backup is taken and restored."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from .. import hardware
from ..backed_up import BackedUp
from ..case import Case, Comparison, Subject
from ..copying import RATE, TIME, sample
from ..root_filesystem import rootfs_of

SIZE = float(os.environ.get("BACKUP_SIZE", "0.5"))
"""In GB."""

TAKE, RESTORE = "a base backup is taken", "a base backup is restored"
COPY, GZIP, GUNZIP = "copy on the disk", "`tar` and `gzip -1`", "`gzip -d` and `tar`"


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    rootfs = rootfs_of("mysql", "backup")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = BackedUp(folder, rootfs, stack.enter_context(pytest.MonkeyPatch.context()))
        stack.callback(server.end)
        server.begin(int(SIZE * 1e9))
        yield [
            Subject(TAKE, partial(_sample, server, server.take)),
            Subject(RESTORE, partial(_sample, server, server.restore)),
            Subject(COPY, partial(_sample, server, lambda: hardware.copy_seconds(server.files, folder))),
            Subject(GZIP, partial(_sample, server, lambda: _pack(server, folder))),
            Subject(GUNZIP, partial(_sample, server, lambda: _unpack(folder))),
        ]


def _sample(server: BackedUp, run: Callable[[], float]) -> dict[str, float]:
    return sample(server.files, run)


def _pack(server: BackedUp, folder: Path) -> float:
    archive = folder / "all.tar.gz"
    names = " ".join(f"'{each}'" for each in server.files)
    return hardware.shell_seconds(f"tar --create --absolute-names {names} | gzip -1 > {archive}; sync {archive}")


def _unpack(folder: Path) -> float:
    target = folder / "unpacked"
    target.mkdir()
    try:
        return hardware.shell_seconds(f"gzip -dc {folder}/all.tar.gz | tar --extract --directory={target}; sync")
    finally:
        shutil.rmtree(target)


CASE = Case(
    name="backup",
    title="Base backups",
    about=(
        f"A base backup of a server with {SIZE:g} GB of random digits, to a volume on the same disk: from the order, "
        "through a clone over TLS into a throw-away server and its checksums of every table, to a compressed "
        "archive with a manifest. A restore ends when a server has started on the data and told the expected "
        "transactions. Both are the pods' own programs and images on real servers, without Kubernetes. The copy is of "
        "the same files on the same disk, out of no cache and until it is written; `gzip` compresses them on one "
        "processor. Rates are of the uncompressed bytes."
    ),
    found=(
        "A base backup goes over the data three times, where the reference does so once: the clone into the throw-away "
        "server, the checksums of every table there, and the compression, on all processors."
    ),
    measures=(RATE, TIME),
    comparisons=(
        Comparison(RATE.name, TAKE, COPY),
        Comparison(RATE.name, TAKE, GZIP),
        Comparison(RATE.name, RESTORE, COPY),
        Comparison(RATE.name, RESTORE, GUNZIP),
    ),
    stage=stage,
    needs="root",
)
