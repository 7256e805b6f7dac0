"""A target that rclone reaches, S3 for one. rclone runs beside, with its credentials; this is a client of its API.

Why rclone: retries, multipart uploads, checksums on the way, proxies and the ways of a dozen S3 servers are its daily
work, it is a stock image, and the same client reaches what is not S3.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from .settings import SPOOL
from .store import TargetError

API = "http://127.0.0.1:5572"
START_SECONDS = 60.0
ANSWER_SECONDS = 3600.0
_NOT_FOUND = ("object not found", "directory not found")
_ANOTHER_KEY = ("failed to authenticate decrypted block", "not an encrypted file", "file is too short")


class RcloneStore:
    """``remote``: what rclone calls the target, such as ``target:bucket/prefix``."""

    def __init__(self, remote: str, spool: Path = SPOOL, api: str = API) -> None:
        self._remote = remote.rstrip("/")
        self._spool = spool
        self._api = api

    def put(self, file: Path, key: str) -> None:
        self._ask(
            "operations/copyfile",
            srcFs=str(file.parent), srcRemote=file.name, dstFs=self._remote, dstRemote=key,
        )  # fmt: skip

    def put_text(self, key: str, text: str) -> None:
        self._spool.mkdir(parents=True, exist_ok=True)
        file = self._spool / f"text-{time.monotonic_ns()}"
        file.write_text(text, encoding="utf-8")
        try:
            self.put(file, key)
        finally:
            file.unlink()

    def get(self, key: str, file: Path) -> None:
        self._ask(
            "operations/copyfile",
            srcFs=self._remote, srcRemote=key, dstFs=str(file.parent), dstRemote=file.name,
            _config={"IgnoreTimes": True},
        )  # fmt: skip

    def documents(self, prefix: str, ending: str) -> dict[str, str]:
        """One call brings them all: thousands of small objects, many at a time."""
        folder = self._spool / f"documents-{time.monotonic_ns()}"
        folder.mkdir(parents=True)
        try:
            self._ask(
                "sync/copy",
                srcFs=self._below(prefix), dstFs=str(folder),
                _filter={"IncludeRule": [f"*{ending}"]}, _config={"Transfers": 16, "NoUpdateDirModTime": True},
            )  # fmt: skip
        except FileNotFoundError:
            return {}
        paths = [path for path in folder.rglob("*") if path.is_file()]
        found = {prefix + path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        for path in paths:
            path.unlink()
        return found

    def _below(self, prefix: str) -> str:
        between = "" if self._remote.endswith(":") else "/"
        return f"{self._remote}{between}{prefix}".rstrip("/")

    def keys(self, prefix: str) -> list[str]:
        options = {"recurse": True, "filesOnly": True, "noModTime": True, "noMimeType": True}
        try:
            answer = self._ask("operations/list", fs=self._remote, remote=prefix.rstrip("/"), opt=options)
        except FileNotFoundError:
            return []
        listed: list[dict[str, Any]] = answer["list"] or []
        return sorted(str(item["Path"]) for item in listed)

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._ask("operations/deletefile", fs=self._remote, remote=key)

    def _ask(self, command: str, **values: Any) -> dict[str, Any]:
        """Raises FileNotFoundError if what is asked for is not there, else TargetError."""
        request = urllib.request.Request(
            f"{self._api}/{command}", json.dumps(values).encode(), {"Content-Type": "application/json"}
        )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                raise self._refusal(command, error) from None
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > end:
                    raise TargetError(f"rclone does not answer: {error}") from error
                time.sleep(0.5)  # it starts beside this program

    @staticmethod
    def _refusal(command: str, error: urllib.error.HTTPError) -> Exception:
        try:
            message = str(json.load(error)["error"])
        except (ValueError, KeyError, TypeError):
            message = str(error)
        if any(text in message for text in _NOT_FOUND):
            return FileNotFoundError(message)
        if any(text in message for text in _ANOTHER_KEY):
            return TargetError(
                "what is on the target cannot be decrypted: the encryption key is not the one that it was stored with, "
                f"or it is damaged ({message})"
            )
        return TargetError(f"{command}: {message}")
