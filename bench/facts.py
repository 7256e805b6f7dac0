"""The machine and the versions that figures were measured with."""

from __future__ import annotations

import platform
from importlib import metadata

from faults.facts import machine, revision

from sandbox import pins

__all__ = ["machine", "revision", "versions"]

PACKAGES = ("pulumi", "pulumi-kubernetes", "pydantic", "PyMySQL", "cryptography")


def versions() -> dict[str, str]:
    """Of what is measured, whether a cluster runs or not."""
    packages = {f"{name} (Python)": metadata.version(name) for name in PACKAGES}
    tools = {"pulumi": pins.PULUMI, "kubernetes": pins.KUBERNETES, "mysql": pins.MYSQL}
    return {"python": platform.python_version(), **tools, **packages}
