"""Where the programs of a server's image are, for cases that run them without Kubernetes."""

import os
from pathlib import Path

from sandbox.errors import SandboxError


def mysql_rootfs(case: str) -> Path:
    """Raises SandboxError, which names the case, if it cannot be run."""
    named = os.environ.get("MYSQL_ROOTFS")
    if not named or os.geteuid() != 0:
        raise SandboxError(f"the case `{case}` needs root, and MYSQL_ROOTFS as `make bench` sets it")
    return Path(named)
