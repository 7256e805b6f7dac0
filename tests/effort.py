"""How many examples hypothesis tries: few in `make test`, which people wait for; with `EFFORT=20`, 20 times as many."""

from __future__ import annotations

import os

_EFFORT = int(os.environ.get("EFFORT", "1"))


def examples(usual: int) -> int:
    """Of a test that has ``usual`` examples in `make test`."""
    return usual * _EFFORT
