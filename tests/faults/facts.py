"""The machine, the versions and the revision that figures were measured with."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from sandbox import status
from sandbox.shell import attempt

CHECKOUT = Path(__file__).parents[2]


def machine() -> dict[str, str]:
    """What figures depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processors": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.release(),
        "load before": " ".join(f"{each:.1f}" for each in os.getloadavg()),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def versions() -> dict[str, str]:
    """Of what runs in the local Kubernetes."""
    return {**status.collect().versions, "python": platform.python_version()}


def revision() -> str:
    """The commit, and whether files differ from it."""
    commit = attempt(["git", "-C", str(CHECKOUT), "rev-parse", "--short=12", "HEAD"]).stdout.strip()
    changed = attempt(["git", "-C", str(CHECKOUT), "status", "--porcelain", "--", "components"]).stdout.strip()
    return f"{commit or 'unknown'}{' with changes' if changed else ''}"
