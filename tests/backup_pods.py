"""The pods of backups without Kubernetes: both containers with their real images, paths and programs.

Each container is a mount namespace; they share the folders that the pod's volumes would be. See mysqld_members.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path

from mysqld_members import MYSQL_USER

from mysql_k8s import MySQLClusterArgs, Replication, backup_bundle, my_cnf
from mysql_k8s.backup.settings import Settings

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
        config = my_cnf.render(MySQLClusterArgs(topology=Replication(durability="semi-sync")))
        (self.folder / "etc/mysql-k8s/my.cnf").write_text(config)
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
        self._start_mysqld()
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
        self._start_mysqld()
        rootfs = os.environ.get("PYTHON_ROOTFS", "/")
        path = "PYTHONPATH=/etc/mysql-k8s-backup/backup.zip"
        return subprocess.run(
            self._enter(rootfs, PROGRAM_FOLDERS, "program", "env", path, "python3", script),
            env={**os.environ, "POD": str(self.folder)}, capture_output=True, text=True, input=given, check=False,
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

    def _start_mysqld(self) -> None:
        if self.mysqld is not None:
            return
        with (self.folder / "log").open("ab") as log:
            script = "/etc/mysql-k8s-backup/scratch.sh"
            self.mysqld = subprocess.Popen(
                self._enter(os.environ["MYSQL_ROOTFS"], MYSQLD_FOLDERS, "mysqld", "sh", script),
                env={**os.environ, "POD": str(self.folder)}, stdout=log, stderr=log,
            )  # fmt: skip

    def _enter(self, rootfs: str, folders: tuple[str, ...], name: str, *command: str) -> list[str]:
        root = self.folder / f"root-{name}"
        target = str(self.target) if name == "program" else ""
        shell = ["sh", "-c", ENTER, "sh", str(root), rootfs, " ".join(folders), target]
        return ["unshare", "--mount", "--propagation", "private", *shell, *command]
