"""Connects this terminal with a program at the other end of an exec stream."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Generator
from contextlib import contextmanager

from .exec_stream import ExecStream

CHUNK = 4096


def attach(stream: ExecStream) -> int:
    """Until the program ends; every key goes to it, Ctrl-C too. Returns its exit status."""
    with _raw(sys.stdin.fileno()), _following_size(stream):
        while stream.open:
            _exchange(stream)
    status = stream.exit_status()
    stream.close()
    return status


def _exchange(stream: ExecStream) -> None:
    keyboard = sys.stdin.fileno()
    readable, _, _ = select.select([keyboard, stream.socket], [], [], 1)
    if keyboard in readable:
        keys = os.read(keyboard, CHUNK)
        stream.send(keys or b"\x04")
    output, _ = stream.receive(0)
    _write_all(sys.stdout.fileno(), output)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def _raw(descriptor: int) -> Generator[None]:
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _following_size(stream: ExecStream) -> Generator[None]:
    def tell(*_: object) -> None:
        size = shutil.get_terminal_size()
        stream.resize(size.lines, size.columns)

    tell()
    before = signal.signal(signal.SIGWINCH, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
