"""The agent's log: one line of JSON each, on standard output."""

from __future__ import annotations

import json
import time


def log(message: str, **details: object) -> None:
    """One line of JSON on standard output. Never given a password."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(json.dumps({"time": now, "message": message, **details}), flush=True)
