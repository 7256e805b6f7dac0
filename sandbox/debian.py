"""The Debian packages that the sandbox needs: which are missing, and their installation."""

import shutil
import stat
from collections.abc import Callable, Sequence
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
    try:
        reporter.run("Debian's package lists", _apt("update"), log, env=_QUIET)
    except StepFailed:
        # One source of many may be out of reach; whether it matters shows in the next step.
        reporter.say("not all package lists could be read, going on with those that could")
    reporter.run(
        f"Debian packages {' '.join(missing)}",
        _apt("install", "--yes", "--no-install-recommends", *missing),
        log,
        env=_QUIET,
    )


def apt_settings(temporary: Path = Path("/tmp")) -> dict[str, str]:
    """What apt must be told on this machine, by the names of its settings.

    It checks signatures as its own user, in /tmp: where that is root's alone, root must do it.
    """
    return {} if temporary.stat().st_mode & stat.S_IWOTH else {"APT::Sandbox::User": "root"}


_QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "a"}


def _apt(*words: str) -> Sequence[str]:
    # Another apt may be at work, a fresh machine's unattended upgrade for one.
    settings = {"DPkg::Lock::Timeout": "300"} | apt_settings()
    return ["apt-get", *(f"--option={name}={value}" for name, value in settings.items()), *words]


def _is_there(evidence: str) -> bool:
    if evidence.startswith("/"):
        return Path(evidence).exists()
    return shutil.which(evidence, path=system_path()) is not None
