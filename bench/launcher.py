"""Runs a program to its end and writes down what it cost, with every process that it started. A script of its own:

    python -I -S launcher.py <file descriptor for the JSON> <program> <argument>...

It imports as little as it can: the kernel counts the memory of whoever starts a process as that process's own peak.
"""

import ctypes
import json
import os
import signal
import sys
import threading

LOOK_SECONDS = 0.2
PAGE = os.sysconf("SC_PAGE_SIZE")
KIBIBYTE = 1024
SET_CHILD_SUBREAPER = 36
"""prctl(2): orphans among our descendants become our children, so that none is missed."""


def main() -> None:
    report, *argv = sys.argv[1:]
    os.set_inheritable(int(report), False)
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    over = threading.Event()
    together = [0]
    watch = threading.Thread(target=look, args=(over, together))
    pid = os.posix_spawnp(argv[0], argv, os.environ)
    watch.start()
    status, processor, largest = ended(pid)
    # Whatever the program left behind is ended, as nobody else is there to do it.
    while left := children(os.getpid()):
        os.kill(left[0], signal.SIGTERM)
        _, more, peak = ended(left[0])
        processor, largest = processor + more, max(largest, peak)
    over.set()
    watch.join()
    cost = {"status": status, "processor": processor, "memory": max(largest, together[0])}
    os.write(int(report), json.dumps(cost).encode())


def ended(pid: int) -> tuple[int, float, int]:
    """Exit status, seconds of processor time and the largest process in bytes, of a child and those it waited for."""
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss * KIBIBYTE


def look(over: threading.Event, together: list[int]) -> None:
    """Keep the most memory that all processes had together."""
    while not over.wait(LOOK_SECONDS):
        together[0] = max(together[0], sum(resident(pid) for pid in descendants(os.getpid())))


def descendants(pid: int) -> list[int]:
    return [each for child in children(pid) for each in (child, *descendants(child))]


def children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 (pathlib is not imported)
        return [int(child) for thread in threads for child in read(f"/proc/{pid}/task/{thread}/children").split()]
    except OSError:  # it has ended
        return []


def resident(pid: int) -> int:
    try:
        return int(read(f"/proc/{pid}/statm").split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def read(path: str) -> str:
    with open(path) as file:  # noqa: PTH123
        return file.read()


if __name__ == "__main__":
    main()
