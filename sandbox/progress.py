"""What is being done and how long it has taken: one live line on a terminal, plain lines elsewhere."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.text import Text

from sandbox.errors import StepFailed, describe_failure

PLAIN_INTERVAL = 30.0
"""Seconds between two lines about a step when there is no terminal."""


class Reporter:
    """Writes to standard error, so that what a command prints on standard output stays usable by scripts."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, title: str, log: Path | None = None) -> Generator[None]:
        """Show `title` and the time since its begin while the block runs, with the last line of `log` beside it."""
        began = time.monotonic()
        ended = threading.Event()
        ticker = self._live if self._console.is_terminal else self._plain
        thread = threading.Thread(target=ticker, args=(title, began, ended, log), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        self.say(f"{title}: done in {duration(time.monotonic() - began)}")

    def run(
        self, title: str, argv: Sequence[str], log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Run a command as a step, its whole output in `log`.

        Raises StepFailed with the end of the log if it cannot be started or does not exit with 0.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with self.step(title, log), log.open("wb") as output:
            output.write(f"$ {' '.join(argv)}\n".encode())
            output.flush()
            try:
                result = subprocess.run(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env=None if env is None else {**os.environ, **env},
                    check=False,
                )
            except OSError as error:
                raise StepFailed(f"step failed: {title} ({error.strerror}: {argv[0]})") from error
            if result.returncode != 0:
                text = log.read_text(errors="replace")
                raise StepFailed(describe_failure(title, f"exit code {result.returncode}", log, text))

    def _plain(self, title: str, began: float, ended: threading.Event, _log: Path | None) -> None:
        if not ended.wait(1.0):  # quick steps need no line of their own
            self.say(f"{title} ...")
        while not ended.wait(PLAIN_INTERVAL):
            self.say(f"{title}: still at it after {duration(time.monotonic() - began)}")

    def _live(self, title: str, began: float, ended: threading.Event, log: Path | None) -> None:
        with Status(Text(title), console=self._console) as status:
            while not ended.wait(0.2):
                elapsed = duration(time.monotonic() - began)
                status.update(Text.assemble(title, " ", (f"{elapsed} {last_line(log)}", "dim")))


def duration(seconds: float) -> str:
    """Seconds as a person reads them: `3.2 s`, `4 min 05 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def last_line(log: Path | None, width: int = 60) -> str:
    """The newest line of a growing log, shortened; empty when there is none."""
    if log is None or not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").split("\n")
    written = [line.strip() for line in lines if line.strip()]
    return written[-1][:width] if written else ""


def fail(error: Exception) -> None:
    """Print the one message about a failure."""
    print(f"error: {error}", file=sys.stderr)
