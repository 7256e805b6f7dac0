"""Work in the server's container, which alone sees the data: asked for by a file, answered by a file.

A job is a folder below ``/run/mysqld/jobs``. ``jobs.sh`` takes it up when ``request`` is there, which names one of the
few things that it can do; it writes ``status`` when it is done, and what went wrong into ``log``. Data goes through
the named pipe ``stream``.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from .settings import RUN_FOLDER

FOLDER = RUN_FOLDER / "jobs"
POLL_SECONDS = 0.2
OPEN_SECONDS = 60.0
"""How long a job may take to be taken up."""


class JobFailed(Exception):
    """A job ended without success; says why."""


class Job:
    """One job. Use it as a context: its folder goes with it."""

    def __init__(self, kind: str, folder: Path | None = None) -> None:
        self.kind = kind
        self.folder = (folder or FOLDER) / f"{kind}-{uuid.uuid4().hex[:8]}"
        self._stream: int | None = None

    def __enter__(self) -> Job:
        self.folder.mkdir(parents=True)
        os.mkfifo(self.folder / "stream")
        asked = self.folder / "request.new"
        asked.write_text(f"{self.kind}\n", encoding="utf-8")
        asked.rename(self.folder / "request")
        return self

    def __exit__(self, *_error: object) -> None:
        self.close_stream()
        release(self.folder)

    def open_for_reading(self) -> int:
        """The pipe, once the job writes into it. Raises JobFailed if nobody does."""
        self._stream = os.open(self.folder / "stream", os.O_RDONLY | os.O_NONBLOCK)
        poll = select.poll()
        poll.register(self._stream, select.POLLIN)
        self._until(lambda: bool(poll.poll(0)), OPEN_SECONDS, "was not taken up")
        os.set_blocking(self._stream, True)
        return self._stream

    def open_for_writing(self) -> int:
        """The pipe, once the job reads from it. Raises JobFailed if nobody does."""

        def opened() -> bool:
            with contextlib.suppress(OSError):  # ENXIO: nobody reads yet
                self._stream = os.open(self.folder / "stream", os.O_WRONLY | os.O_NONBLOCK)
            return self._stream is not None

        self._until(opened, OPEN_SECONDS, "was not taken up")
        assert self._stream is not None
        os.set_blocking(self._stream, True)
        return self._stream

    def close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            os.close(stream)

    def finish(self, seconds: float) -> None:
        """Wait until it is done. Raises JobFailed if it fails, takes longer, or its container was restarted."""
        self._until((self.folder / "status").exists, seconds, f"did not end within {seconds:g} s")
        status = (self.folder / "status").read_text(encoding="utf-8").strip()
        if status != "0":
            raise JobFailed(f"{self.kind} ended with status {status}: {self.last_words()}")

    def last_words(self) -> str:
        """The end of what the job wrote, in one line."""
        with contextlib.suppress(OSError):
            text = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
            return " ".join(text.split())[-300:]
        return "it left no word"

    def _until(self, done: Callable[[], bool], seconds: float, problem: str) -> None:
        end = time.monotonic() + seconds
        while not done():
            if not self.folder.exists():
                raise JobFailed(f"{self.kind}: the server's container was restarted")
            if time.monotonic() > end:
                raise JobFailed(f"{self.kind} {problem}: {self.last_words()}")
            time.sleep(POLL_SECONDS)


def release(folder: Path) -> None:
    """Remove a job's folder; whoever waits at its pipe is let go first."""
    with contextlib.suppress(OSError):
        os.close(os.open(folder / "stream", os.O_RDWR | os.O_NONBLOCK))
    shutil.rmtree(folder, ignore_errors=True)


def release_all(folder: Path | None = None) -> None:
    """What an agent that was killed left behind."""
    for left in (folder or FOLDER).glob("*"):
        release(left)
