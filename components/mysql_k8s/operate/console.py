"""Where text goes: news of the work to standard error, what was asked for to standard output."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def show(text: str) -> None:
    print(text, flush=True)
