"""A backup target: objects by key. An object appears whole or not at all, whenever this program ends."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

_BUFFER = 1 << 20


class TargetError(Exception):
    """The target cannot be read or written: it is full, cannot be reached, or refuses."""


class Store(Protocol):
    """What backups need of a target. Everything may raise TargetError."""

    def put(self, file: Path, key: str) -> None:
        """Store a local file; an object of that key is replaced."""
        ...

    def put_text(self, key: str, text: str) -> None:
        """Store a small document; an object of that key is replaced."""
        ...

    def get(self, key: str, file: Path) -> None:
        """Fetch an object into a local file."""
        ...

    def documents(self, prefix: str, ending: str) -> dict[str, str]:
        """The small documents whose keys begin and end so, by key."""
        ...

    def keys(self, prefix: str) -> list[str]:
        """All keys that begin so, in order."""
        ...

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        ...


class VolumeStore:
    """A mounted volume. Files are written under a temporary name, flushed to disk, and renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, file: Path, key: str) -> None:
        with self._writing(key) as target, file.open("rb") as source:
            shutil.copyfileobj(source, target, _BUFFER)

    def put_text(self, key: str, text: str) -> None:
        with self._writing(key) as target:
            target.write(text.encode())

    def get(self, key: str, file: Path) -> None:
        with _explained(f"reading {key}"):
            shutil.copyfile(self._folder / key, file)

    def documents(self, prefix: str, ending: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key in self.keys(prefix):
            if key.endswith(ending):
                with contextlib.suppress(FileNotFoundError), _explained(f"reading {key}"):
                    found[key] = (self._folder / key).read_text(encoding="utf-8")
        return found

    def keys(self, prefix: str) -> list[str]:
        folder, _, _ = prefix.rpartition("/")
        with _explained(f"listing {prefix}"):
            paths = (path for path in (self._folder / folder).rglob("*") if not path.name.startswith("."))
            found = (path.relative_to(self._folder).as_posix() for path in paths if path.is_file())
            return sorted(key for key in found if key.startswith(prefix))

    def free(self) -> int:
        """Bytes that are left."""
        with _explained("looking for room"):
            return shutil.disk_usage(self._folder).free

    def delete(self, key: str) -> None:
        with _explained(f"deleting {key}"):
            (self._folder / key).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                (self._folder / key).parent.rmdir()  # refuses unless it is empty

    @contextmanager
    def _writing(self, key: str) -> Generator[BinaryIO]:
        path = self._folder / key
        half = path.with_name(f".{path.name}.{os.getpid()}")
        with _explained(f"writing {key}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with half.open("wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                half.replace(path)
                _flush_folder(path.parent)
            finally:
                half.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """A rename is on disk once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(doing: str) -> Generator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TargetError(f"{doing} on the target failed: {error.strerror or error}") from error


def sha256(file: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
