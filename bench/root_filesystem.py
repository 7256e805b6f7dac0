"""Where the programs of a server's image are, for cases that run them without Kubernetes."""

import os
from pathlib import Path

from sandbox.errors import SandboxError

VARIABLES = {"mysql": "MYSQL_ROOTFS", "mariadb": "MARIADB_ROOTFS"}
"""By engine: which environment variable names the folder. `make bench` sets them."""


def rootfs_of(engine: str, case: str) -> Path:
    """Raises SandboxError, which names the case, if it cannot be run."""
    variable = VARIABLES[engine]
    named = os.environ.get(variable)
    if not named or os.geteuid() != 0:
        raise SandboxError(f"the case `{case}` needs root, and {variable} as `make bench` sets it")
    return Path(named)
