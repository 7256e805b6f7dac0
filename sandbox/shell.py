"""Short commands whose output matters only when they fail."""

import os
import subprocess
from collections.abc import Sequence

from sandbox.errors import SandboxError

# A plain user's PATH lacks the folders of ip, nft, nsenter and containerd's helpers.
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"


def system_path() -> str:
    """PATH with the system administrator's folders added."""
    return f"{os.environ.get('PATH', '/usr/local/bin:/usr/bin:/bin')}:{SYSTEM_PATH}"


def output(argv: Sequence[str]) -> str:
    """Run a command and return what it printed.

    Raises SandboxError with what it wrote to standard error if it does not exit with 0.
    """
    result = attempt(argv)
    if result.returncode != 0:
        raise SandboxError(f"`{' '.join(argv)}` failed: {result.stderr.strip() or f'exit code {result.returncode}'}")
    return result.stdout


def attempt(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command and return how it went.

    Raises SandboxError if there is no such program.
    """
    try:
        return subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": system_path(), "LC_ALL": "C"},
        )
    except OSError as error:
        raise SandboxError(f"cannot run {argv[0]}: {error.strerror}") from error
