"""Content-keyed cache entries that are there completely or not at all."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.locks import exclusive
from sandbox.paths import cache_root
from sandbox.progress import Reporter


def content_key(parts: Iterable[bytes | str]) -> str:
    """16 hexadecimal digits that change when any of the parts, their number or their order changes."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:16]


def folder_parts(folder: Path) -> list[bytes | str]:
    """Name and content of each file below a folder, in a fixed order, as parts of a key."""
    parts: list[bytes | str] = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts += [file.relative_to(folder).as_posix(), file.read_bytes()]
    return parts


def ensure(name: str, build: Callable[[Path], None], reporter: Reporter) -> Path:
    """The cache entry `name`, built if it is not there.

    `build` fills a temporary folder beside the entry; only when it has returned is the folder renamed. Whatever it
    raises is passed on and leaves no entry. Two processes that need the same entry build it once.
    """
    entry = cache_root() / name
    if entry.is_dir():
        return entry

    def waiting(holder: str) -> None:
        reporter.say(f"{name} is being built by process {holder}: waiting for it")

    with exclusive(cache_root() / "locks" / f"{name}.lock", waiting):
        if entry.is_dir():
            return entry
        for remains in entry.parent.glob(f".{name}.*.tmp"):
            shutil.rmtree(remains)
        unfinished = entry.parent / f".{name}.{os.getpid()}.tmp"
        unfinished.mkdir()
        try:
            build(unfinished)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        unfinished.rename(entry)
    return entry


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, without using its space twice where the file system allows."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
