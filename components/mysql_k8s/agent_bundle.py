"""The agent and PyMySQL as one zip that Python runs as it is. Deterministic: equal sources give equal bytes."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.util
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

FILE_NAME = "agent.zip"
_MAIN = "from agent.main import main\n\nraise SystemExit(main())\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold, for all files."""


class Bundle(NamedTuple):
    """``content``: the zip; ``digest``: ten hexadecimal digits that name it."""

    content: bytes
    digest: str

    @property
    def base64(self) -> str:
        """The content as a ConfigMap's ``binaryData`` wants it."""
        return base64.b64encode(self.content).decode()


@functools.cache
def build() -> Bundle:
    """The bundle of the installed agent and PyMySQL."""
    files = {
        "__main__.py": _MAIN.encode(),
        **sources(Path(__file__).with_name("agent"), "agent"),
        **sources(package_folder("pymysql"), "pymysql"),
    }
    content = zipped(sorted(files.items()))
    return Bundle(content, hashlib.sha256(content).hexdigest()[:10])


def package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed, but the agent needs it", name=package)
    return Path(spec.origin).parent


def sources(folder: Path, package: str) -> dict[str, bytes]:
    found = (path.relative_to(folder) for path in folder.rglob("*.py"))
    return {f"{package}/{path.as_posix()}": (folder / path).read_bytes() for path in found if "tests" not in path.parts}


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Stored, not compressed: the same bytes whatever the version of zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
