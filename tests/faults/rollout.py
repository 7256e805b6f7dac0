"""A change by the tools that people use, which restarts every pod in order."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from .scene import Scene

SETTING = "max_connections"


@contextmanager
def changed_setting(scene: Scene) -> Generator[None]:
    """One more connection than before, by `pulumi up`."""
    deployment = scene.deployment
    connections = deployment.rows(scene.ordinal, f"SELECT @@{SETTING} AS n")[0]["n"]
    deployment.change(my_cnf={SETTING: connections + 1})
    yield
