"""What the cluster needs of, and changes on, the machine itself."""

import os
import shutil
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.shell import attempt

RAISED = {"fs.inotify.max_user_instances": 1024}
"""Three kubelets and containerds watch more than a machine's usual 128 allow."""

CHANGED_BY_KUBELET = (
    "vm.overcommit_memory",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.keys.root_maxkeys",
    "kernel.keys.root_maxbytes",
)
FOLDERS_OF_OTHERS = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/containers", "/var/log/pods")
"""Folders that kubelet and CNI make at fixed paths."""

LONGEST_SOCKET_PATH = 107
NEEDED_BYTES = 5 * 10**9


def require_root(what: str) -> None:
    """Raise SandboxError unless this process runs as root."""
    if os.geteuid() != 0:
        raise SandboxError(f"{what} needs root, for network namespaces, mounts and cgroups: run it with sudo")


def check_socket_path(path: Path) -> None:
    """Raise SandboxError if a socket's path is longer than the kernel allows."""
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise SandboxError(
            f"the path {path} is too long for a socket ({LONGEST_SOCKET_PATH} bytes): set "
            "XDG_STATE_HOME to a shorter folder"
        )


def check_space(free: int, folder: Path) -> None:
    """Raise SandboxError if there are fewer than NEEDED_BYTES: kubelet takes no pods on a disk that is nearly full."""
    if free < NEEDED_BYTES:
        raise SandboxError(
            f"{free / 1e9:.1f} GB are free at {folder}, and the cluster needs {NEEDED_BYTES / 1e9:.0f} GB for images"
            " and volumes: delete something, or set XDG_STATE_HOME and XDG_CACHE_HOME to folders of a larger disk"
        )


def read_sysctls() -> dict[str, str]:
    """The kernel settings that will change, as they are now."""
    names = (*RAISED, *CHANGED_BY_KUBELET)
    return {name: _sysctl(name).read_text().strip() for name in names if _sysctl(name).exists()}


def raise_sysctls() -> None:
    """Set the kernel's limits at least as high as the cluster needs them."""
    for name, least in RAISED.items():
        if int(_sysctl(name).read_text()) < least:
            _sysctl(name).write_text(str(least))


def restore_sysctls(values: dict[str, str]) -> None:
    """Put kernel settings back."""
    for name, value in values.items():
        _sysctl(name).write_text(value)


def absent_folders() -> list[str]:
    """Those of the folders at fixed paths that are not there."""
    return [folder for folder in FOLDERS_OF_OTHERS if not Path(folder).exists()]


def mounts_below(mountinfo: str, folders: list[str]) -> list[str]:
    """The mount points in `/proc/self/mountinfo` that lie in one of the folders, innermost and newest first."""
    points = [_unescape(line.split()[4]) for line in mountinfo.splitlines()]
    inside = [point for point in points if any(point == top or point.startswith(f"{top}/") for top in folders)]
    return list(reversed(inside))


def unmount_below(folders: list[str]) -> None:
    """Unmount everything in the folders."""
    for point in mounts_below(Path("/proc/self/mountinfo").read_text(), folders):
        # Lazy: a mount point that a stranger's shell stands in must not keep the cluster from going away.
        attempt(["umount", "--lazy", point])


def remove_folder(folder: Path) -> None:
    """Delete a folder with everything in it. Raises SandboxError if something is still mounted in there."""
    if mounts_below(Path("/proc/self/mountinfo").read_text(), [str(folder)]):
        raise SandboxError(f"cannot delete {folder}: something is still mounted in it, see `findmnt`")
    if folder.exists():
        shutil.rmtree(folder)


def _sysctl(name: str) -> Path:
    return Path("/proc/sys") / name.replace(".", "/")


def _unescape(text: str) -> str:
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
