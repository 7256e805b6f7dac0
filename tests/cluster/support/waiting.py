"""Bounded waits: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NotYet(Exception):
    """Raised by a condition that does not hold yet; says what was seen instead."""


def wait_for(what: str, condition: Callable[[], T], seconds: float, every: float = 0.25) -> T:
    """What ``condition`` returns once it no longer raises NotYet.

    Raises TimeoutError, naming ``what`` was waited for and what was last seen instead.
    """
    began = time.monotonic()
    while True:
        try:
            found = condition()
            print(f"  {what}: {time.monotonic() - began:.1f} s")
            return found
        except NotYet as reason:
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"waited {seconds:g} s for {what}; last seen: {reason}") from None
        time.sleep(every)


def wait_until(what: str, condition: Callable[[], bool], seconds: float, every: float = 0.25) -> None:
    """Wait for a condition that is just true or false."""

    def holds() -> None:
        if not condition():
            raise NotYet("it does not hold")

    wait_for(what, holds, seconds, every)
