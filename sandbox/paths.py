"""Where things lie: what is built in the user's cache, what runs in the user's state folder."""

import os
from pathlib import Path

PROJECT = "pulumi-mysql-k8s"
TOOLCHAIN_SOURCES = Path(__file__).parent / "toolchain"


def cache_root() -> Path:
    """The folder of everything that is built once and used by every checkout."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state_root() -> Path:
    """The folder of the running cluster: its record, keys, data and logs."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "sandbox"


def build_logs() -> Path:
    """The folder of the builds' logs."""
    return cache_root() / "logs"


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    # The XDG specification: a relative path is invalid and to be ignored.
    base = Path(value) if value.startswith("/") else Path.home() / default
    return base / PROJECT
