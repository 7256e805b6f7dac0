"""A folder as a compressed tar in parts of a bounded size, and back. Never more than three parts on the local disk.

zstd where Python has it (3.14), else gzip at its fastest level; either way as frames that several threads make at once.
What comes out is an ordinary ``.tar.zst`` or ``.tar.gz``, cut into pieces.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import os
import tarfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, cast

from .catalogue import Base, Part
from .store import Store, TargetError, sha256

PART_BYTES = 64 << 20
_FRAME_BYTES = 4 << 20
_THREADS = max(1, min(4, len(os.sched_getaffinity(0))))
_COPY = 1 << 20


class DamagedBackup(Exception):
    """An object of a base backup is missing or is not what the manifest says."""


def _zstd() -> Any:
    try:
        return importlib.import_module("compression.zstd")
    except ModuleNotFoundError:
        return None


def best_codec() -> str:
    """``zstd`` or ``gzip``."""
    return "zstd" if _zstd() else "gzip"


def _gzip_frame(data: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def _compressor(codec: str) -> Callable[[bytes], bytes]:
    return _zstd().compress if codec == "zstd" else _gzip_frame


class PartWriter(io.RawIOBase):
    """Takes a stream, compresses it, and stores it in parts."""

    def __init__(self, store: Store, key_of: Callable[[str], str], spool: Path, codec: str) -> None:
        self.parts: list[Part] = []
        self.raw_bytes = 0
        self._store = store
        self._key_of = key_of
        self._spool = spool
        self._count = 0
        self._begin_part()
        self._compress = _compressor(codec)
        self._pool = ThreadPoolExecutor(_THREADS)
        self._storer = ThreadPoolExecutor(1)
        self._storing: Future[Part] | None = None
        self._frame = bytearray()
        self._waiting: deque[Future[bytes]] = deque()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.raw_bytes += len(data)
        self._frame += data
        if len(self._frame) >= _FRAME_BYTES:
            self._submit()
        return len(data)

    def finish(self) -> None:
        """Store what is left. Nothing may be written any more. Raises TargetError."""
        self._submit()
        while self._waiting:
            self._collect()
        self._end_part()
        self._await_stored()
        self._pool.shutdown()
        self._storer.shutdown()

    def _submit(self) -> None:
        if self._frame:
            self._waiting.append(self._pool.submit(self._compress, bytes(self._frame)))
            self._frame.clear()
        while len(self._waiting) > 2 * _THREADS:
            self._collect()

    def _collect(self) -> None:
        frame = self._waiting.popleft().result()
        self._open.write(frame)
        self._hash.update(frame)
        if self._open.tell() >= PART_BYTES:
            self._end_part()
            self._begin_part()

    def _begin_part(self) -> None:
        self._open = (self._spool / f"part-{self._count:05d}").open("wb")
        self._hash = hashlib.sha256()
        self._count += 1

    def _end_part(self) -> None:
        """Store it while the next one is made. Raises TargetError if the one before could not be stored."""
        file = Path(self._open.name)
        part = Part(file.name, self._open.tell(), self._hash.hexdigest())
        self._open.close()
        self._await_stored()
        self._storing = self._storer.submit(self._put, file, part)

    def _put(self, file: Path, part: Part) -> Part:
        self._store.put(file, self._key_of(part.name))
        file.unlink()
        return part

    def _await_stored(self) -> None:
        storing, self._storing = self._storing, None
        if storing is not None:
            self.parts.append(storing.result())


def pack(folder: Path, skip: Callable[[str], bool], writer: PartWriter) -> int:
    """Write every file below ``folder`` whose relative path ``skip`` does not refuse; returns how many."""
    count = 0
    with tarfile.open(fileobj=cast(BinaryIO, writer), mode="w|", bufsize=_COPY) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if skip(name):
                continue
            if path.is_dir() or path.is_file():
                archive.add(path, name, recursive=False)
                count += path.is_file()
    writer.finish()
    return count


def unpack(store: Store, base: Base, key_of: Callable[[str], str], spool: Path, folder: Path) -> None:
    """Fill ``folder``. Every part is compared with its checksum before anything in it is used.

    Raises DamagedBackup, or TargetError.
    """
    if base.codec == "zstd" and not _zstd():
        raise DamagedBackup(
            f"base backup {base.id} is compressed with zstd, which this image's Python does not have: use 3.14 or newer"
        )
    source = io.BufferedReader(_Parts(_checked_parts(store, base, key_of, spool)), _COPY)
    stream = _zstd().ZstdFile(source) if base.codec == "zstd" else gzip.GzipFile(fileobj=source)
    files = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_COPY) as archive:
            for member in archive:
                files += _extract(archive, member, folder)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DamagedBackup(f"base backup {base.id} cannot be unpacked: {error}") from error
    if files != base.files:
        raise DamagedBackup(f"base backup {base.id} has {files} files, its manifest says {base.files}")


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> int:
    """One entry; returns 1 for a file. Only plain files and folders below ``folder``."""
    path = folder / member.name
    if ".." in Path(member.name).parts or Path(member.name).is_absolute():
        raise DamagedBackup(f"{member.name} lies outside of the backup")
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True, mode=0o750)
        return 0
    content = archive.extractfile(member) if member.isfile() else None
    if content is None:
        raise DamagedBackup(f"{member.name} is neither a file nor a folder")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    with path.open("wb") as file:
        while chunk := content.read(_COPY):
            file.write(chunk)
    path.chmod(0o640)
    return 1


def _checked_parts(store: Store, base: Base, key_of: Callable[[str], str], spool: Path) -> Iterator[BinaryIO]:
    for part in base.parts:
        file = spool / part.name
        try:
            store.get(key_of(part.name), file)
        except (FileNotFoundError, TargetError) as error:
            raise DamagedBackup(f"{part.name} of base backup {base.id} cannot be read: {error}") from error
        if file.stat().st_size != part.size or sha256(file) != part.sha256:
            raise DamagedBackup(f"{part.name} of base backup {base.id} is not what was stored: its checksum differs")
        with file.open("rb") as opened:
            file.unlink()
            yield opened


class _Parts(io.RawIOBase):
    """The parts, one after the other, as one stream."""

    def __init__(self, parts: Iterator[BinaryIO]) -> None:
        self._parts = parts
        self._current: BinaryIO | None = next(parts, None)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._current is not None:
            data = self._current.read(len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)
            self._current = next(self._parts, None)
        return 0
