"""The pods of backups without Kubernetes: both containers with their real images, paths and programs.

Each container is a mount namespace; they share the folders that the pod's volumes would be. See mysqld_members.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path

import pytest
from mysqld_members import MYSQL_USER, ROOTFS

from mysql_k8s import MySQLClusterArgs, backup_bundle
from mysql_k8s.backup.settings import Settings
from mysql_k8s.objects import config_map

MYSQLD_FOLDERS = ("var/lib/mysql", "run/mysqld", "etc/mysql-k8s", "etc/mysql-k8s-tls", "etc/mysql-k8s-backup")
PROGRAM_FOLDERS = (
    "var/lib/mysql", "run/mysqld", "etc/mysql-k8s-tls", "etc/mysql-k8s-secrets", "etc/mysql-k8s-backup",
    "spool",
)  # fmt: skip

ENTER = """
set -e
root=$1; lower=$2; folders=$3; target=$4; shift 4
mkdir -p "$root"
mount -t tmpfs tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/root"
mount -t overlay overlay -o lowerdir="$lower",upperdir="$root/upper",workdir="$root/work" "$root/root"
for folder in $folders; do
    mkdir -p "$root/root/$folder"
    mount --bind "$POD/$folder" "$root/root/$folder"
done
mkdir -p "$root/root/backup"
[ -z "$target" ] || mount --bind "$target" "$root/root/backup"
mount --bind /dev "$root/root/dev"
mount -t proc proc "$root/root/proc"
exec chroot --userspec=999:999 "$root/root" env TERMINATION_LOG=/run/mysqld/word PYTHONDONTWRITEBYTECODE=1 "$@"
"""


@dataclass
class BackupPod:
    """A pod with a throw-away mysqld and the program; ``target`` is the mounted backup volume."""

    folder: Path
    target: Path
    settings: Settings
    tls: Path
    secrets: Path
    mysqld: subprocess.Popen[bytes] | None = None
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in {*MYSQLD_FOLDERS, *PROGRAM_FOLDERS}:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in config_files(self.settings).items():
            (self.folder / "etc/mysql-k8s" / name).write_text(text)
        script = resources.files("mysql_k8s.backup") / "scratch.sh"
        (self.folder / "etc/mysql-k8s-backup/scratch.sh").write_text(script.read_text())
        shutil.copytree(self.tls, self.folder / "etc/mysql-k8s-tls", dirs_exist_ok=True)
        shutil.copytree(self.secrets, self.folder / "etc/mysql-k8s-secrets", dirs_exist_ok=True)
        (self.folder / "etc/mysql-k8s-backup/backup.zip").write_bytes(backup_bundle.build().content)
        (self.folder / "etc/mysql-k8s-backup/backup.json").write_text(json.dumps(asdict(self.settings)))
        self.target.mkdir(exist_ok=True)
        subprocess.run(["chown", "-R", f"{MYSQL_USER}:{MYSQL_USER}", self.folder, self.target], check=True)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program to its end."""
        self.start_mysqld()
        process = self.start(command)
        process.wait(300)
        return subprocess.CompletedProcess(command, process.returncode, self.said(command, "out"), self.said(command))

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start a command of the program."""
        rootfs = os.environ.get("PYTHON_ROOTFS", "/")
        with self._said(command, "out").open("wb") as output, self._said(command, "err").open("wb") as errors:
            process = subprocess.Popen(
                self._enter(rootfs, PROGRAM_FOLDERS, "program", "python3", "/etc/mysql-k8s-backup/backup.zip", command),
                env={**os.environ, "POD": str(self.folder)}, stdout=output, stderr=errors,
            )  # fmt: skip
        self.programs.append(process)
        return process

    def said(self, command: str, where: str = "err") -> str:
        """What a command has written so far."""
        return self._said(command, where).read_text()

    def _said(self, command: str, where: str) -> Path:
        return self.folder / f"{command}.{where}"

    def run_script(self, script: str, given: str) -> subprocess.CompletedProcess[str]:
        """Run a Python script, which finds the program's modules, to its end."""
        self.start_mysqld()
        rootfs = os.environ.get("PYTHON_ROOTFS", "/")
        path = "PYTHONPATH=/etc/mysql-k8s-backup/backup.zip"
        return subprocess.run(
            self._enter(rootfs, PROGRAM_FOLDERS, "program", "env", path, "python3", script),
            env={**os.environ, "POD": str(self.folder)}, capture_output=True, text=True, input=given, check=False,
        )  # fmt: skip

    def run_beside_server(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the server's image on the pod's folders."""
        rootfs = os.environ[ROOTFS[self.settings.engine]]
        return subprocess.run(
            self._enter(rootfs, MYSQLD_FOLDERS, "beside", *command),
            env={**os.environ, "POD": str(self.folder)}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def word(self) -> str:
        """What the program left as its last word."""
        return (self.folder / "run/mysqld/word").read_text()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def end(self) -> None:
        """End both containers."""
        for process in self.programs:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
        if self.mysqld is not None:
            self.mysqld.terminate()
            self.mysqld.wait(60)
            self.mysqld = None

    def start_mysqld(self) -> None:
        """Unless it runs."""
        if self.mysqld is not None:
            return
        with (self.folder / "log").open("ab") as log:
            script = "/etc/mysql-k8s-backup/scratch.sh"
            self.mysqld = subprocess.Popen(
                self._enter(os.environ[ROOTFS[self.settings.engine]], MYSQLD_FOLDERS, "mysqld", "sh", script),
                env={**os.environ, "POD": str(self.folder)}, stdout=log, stderr=log,
            )  # fmt: skip

    def _enter(self, rootfs: str, folders: tuple[str, ...], name: str, *command: str) -> list[str]:
        root = self.folder / f"root-{name}"
        target = str(self.target) if name == "program" else ""
        shell = ["sh", "-c", ENTER, "sh", str(root), rootfs, " ".join(folders), target]
        return ["unshare", "--mount", "--propagation", "private", *shell, *command]


def config_files(settings: Settings) -> dict[str, str]:
    """What a throw-away server's container finds in /etc/mysql-k8s."""
    topology = {"kind": settings.topology}
    if settings.topology == "replication":
        topology["durability"] = "semi-sync"
    args = {"engine": {"kind": settings.engine}, "topology": topology}
    return config_map.files(MySQLClusterArgs.model_validate(args))


def positions(target: Path) -> list[dict[str, object]]:
    """How far each chain of the archive reaches."""
    found = sorted((target / "orders/binlog").glob("*/position.json"))
    return [json.loads(path.read_text()) for path in found]


def wait_for_archive(keeper: BackupPod, moment: float, seconds: float = 60) -> None:
    """Until the archive reaches the moment: seconds since 1970."""
    end = time.time() + seconds
    while time.time() < end:
        if any(int(str(each["until"])) > moment * 1e6 for each in positions(keeper.target)):
            return
        time.sleep(0.2)
    said = keeper.said("archive", "out") + keeper.said("archive")
    pytest.fail(f"the archive does not reach {moment} within {seconds:g} s: {positions(keeper.target)}\n{said[-3000:]}")


def show(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat()


def run_moments(pod: BackupPod, moments: list[str]) -> list[dict[str, object]]:
    """Restore to each of the moments in order; returns what was found."""
    shutil.copy(Path(__file__).with_name("backup_moments.py"), pod.folder / "spool/moments.py")
    try:
        done = pod.run_script("/spool/moments.py", "".join(f"{moment}\n" for moment in moments))
        assert done.returncode == 0, f"{done.stdout[-500:]}{done.stderr[-3000:]}\n{pod.log()}"
        return [json.loads(line) for line in done.stdout.splitlines()]
    finally:
        pod.end()
