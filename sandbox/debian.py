"""The Debian packages that the sandbox needs: which are missing, and their installation."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sandbox.errors import SandboxError, StepFailed
from sandbox.paths import build_logs
from sandbox.progress import Reporter
from sandbox.shell import system_path

# What shows that a package is there: a program on PATH, or a file by its absolute path.
CLUSTER_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "etcd": "etcd-server",
    "nft": "nftables",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "socat": "socat",
    "ethtool": "ethtool",
    "ip": "iproute2",
    "sysctl": "procps",
    "mount": "mount",
    "nsenter": "util-linux",
}
IMAGE_PACKAGES = {
    "containerd": "containerd",
    "mmdebstrap": "mmdebstrap",
    "gpg": "gpg",
    "gcc": "gcc",
    "/usr/include/stdlib.h": "libc6-dev",
}


def missing_packages(needed: dict[str, str], is_there: Callable[[str], bool]) -> list[str]:
    """The packages of those needed whose program or file is not there, sorted."""
    return sorted({package for evidence, package in needed.items() if not is_there(evidence)})


def ensure_packages(needed: dict[str, str], reporter: Reporter) -> None:
    """Install what is missing. Raises SandboxError if this is no Debian, StepFailed if apt fails."""
    missing = missing_packages(needed, _is_there)
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise SandboxError(f"these programs' packages are missing and there is no apt-get: {' '.join(missing)}")
    log = build_logs() / "packages.log"
    with apt_environment() as environment:
        try:
            reporter.run("Debian's package lists", _apt("update"), log, env=_QUIET | environment)
        except StepFailed:
            # One source of many may be out of reach; whether it matters shows in the next step.
            reporter.say("not all package lists could be read, going on with those that could")
        reporter.run(
            f"Debian packages {' '.join(missing)}",
            _apt("install", "--yes", "--no-install-recommends", *missing),
            log,
            env=_QUIET | environment,
        )


@contextlib.contextmanager
def apt_environment() -> Iterator[dict[str, str]]:
    """Environment variables for apt, and for what calls it: a folder for temporary files that its own user may write.

    apt checks signatures as ``_apt``, which may not be able to write /tmp: some machines' is root's alone.
    """
    with tempfile.TemporaryDirectory(prefix="mysql-k8s-apt-", dir="/tmp") as folder:
        Path(folder).chmod(0o1777)
        yield {"TMPDIR": folder}


_QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "a"}


def _apt(*words: str) -> Sequence[str]:
    # Another apt may be at work, a fresh machine's unattended upgrade for one.
    return ["apt-get", "-o", "DPkg::Lock::Timeout=300", *words]


def _is_there(evidence: str) -> bool:
    if evidence.startswith("/"):
        return Path(evidence).exists()
    return shutil.which(evidence, path=system_path()) is not None
