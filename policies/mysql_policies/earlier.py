"""What the stack's last deployment left: the engine tells a policy only of what will be, never of what was.

The CLI that runs this preview is asked for the stack's state, once, when the pack starts and before anything changes;
meanwhile the program runs. Secrets stay encrypted in what it answers.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

from .values import Json, mapping, mappings

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Earlier:
    """The state before this run, or why it is not known."""

    resources: dict[str, Json]
    """by URN, of what pulumi itself made and has not replaced already"""
    unknown_because: str = ""


_running: subprocess.Popen[str] | None = None
_not_started = "the pack was not told which stack it judges"


def begin() -> None:
    """Start asking, in the background."""
    global _running, _not_started
    stack = os.environ.get("PULUMI_STACK")
    project = os.environ.get("PULUMI_PROJECT")
    if not stack or not project:
        return
    organization = os.environ.get("PULUMI_ORGANIZATION") or "organization"
    command = ["pulumi", "stack", "export", "--non-interactive", "--stack", f"{organization}/{project}/{stack}"]
    quiet = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        _running = subprocess.Popen(
            command,
            env={**os.environ, **quiet},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        _not_started = "pulumi is not on the PATH of the policy pack"


@cache
def state() -> Earlier:
    """Waits for the answer."""
    if _running is None:
        return Earlier({}, _not_started)
    try:
        answer, _ = _running.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        _running.kill()
        return Earlier({}, f"`pulumi stack export` took longer than {PATIENCE_SECONDS} s")
    if _running.returncode != 0:
        return Earlier({}, "`pulumi stack export` cannot read the stack")
    return Earlier(resources_of(json.loads(answer)))


def resources_of(exported: Any) -> dict[str, Json]:
    """Of an export: without what is read only, and without what is about to be deleted since an earlier run."""
    deployment = mapping(mapping(exported).get("deployment"))
    return {
        str(each.get("urn")): each
        for each in mappings(deployment.get("resources"))
        if not each.get("external") and not each.get("delete")
    }
