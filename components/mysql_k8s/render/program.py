"""Runs a Pulumi program in this process, as a preview of a new stack: no CLI, no cluster, no network."""

from __future__ import annotations

import asyncio
import contextlib
import os
import runpy
import sys
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.settings import set_root_resource

from .configuration import Configuration
from .errors import RenderError
from .monitor import RecordingMonitor, Registered


def run(folder: Path, project: str, stack: str, configuration: Configuration) -> list[Registered]:
    """What the program in ``folder`` registers, in no particular order.

    Raises RenderError if there is no program, and whatever the program raises, also in an ``apply``.
    """
    if not (folder / "__main__.py").is_file():
        raise RenderError(f"{folder} has no __main__.py: only programs in Python can be rendered.")
    monitor = RecordingMonitor()
    configure(Settings(monitor=monitor, engine=MockEngine(None), project=project, stack=stack, dry_run=True))
    _no_stack_yet()
    pulumi.runtime.set_all_config(dict(configuration.values), list(configuration.secrets))
    try:
        # With a loop of its own, which the caller's thread does not see: `asyncio.run` would leave it without one.
        with _as_main(folder), asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(run_in_stack(lambda: _run_path(folder)))
    finally:
        pulumi.runtime.set_all_config({})
        _no_stack_yet()
    return monitor.registered


def _no_stack_yet() -> None:
    """The SDK refuses a second stack in one process, and has no function that forgets the first."""
    set_root_resource(cast("pulumi.Resource", None))


def _run_path(folder: Path) -> None:
    runpy.run_path(str(folder), run_name="__main__")


@contextlib.contextmanager
def _as_main(folder: Path) -> Generator[None]:
    """In the program's folder, and with what it prints kept apart from the manifests."""
    before = Path.cwd()
    path = list(sys.path)
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.chdir(before)
        sys.path[:] = path
