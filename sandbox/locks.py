"""One at a time: a lock file that tells who holds it and that the kernel releases when its holder dies."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(path: Path, on_wait: Callable[[str], None]) -> Generator[None]:
    """Hold the lock on `path`. If another process has it, call `on_wait` once with that process's id, then wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # "a+": must not empty the file before the lock is held, it names the holder.
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            on_wait(file.read().strip() or "unknown")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
