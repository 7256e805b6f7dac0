"""A real server with data, and the pods of its backups without Kubernetes: their own programs, on a volume."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from backup_pods import BackupPod
from mysqld_members import PASSWORDS, RealMember, address, look_at, write_certificates

from mysql_k8s.agent import actions as act
from mysql_k8s.backup.layout import Layout
from mysql_k8s.backup.settings import BASE, Settings
from sandbox import pins

from .cost import CommandFailed
from .pair import DIGITS, fill, tables_of

CLUSTER = "orders"


class BackedUp:
    """One member, and a target that holds its last base backup."""

    def __init__(self, folder: Path, rootfs: Path, patch: pytest.MonkeyPatch) -> None:
        folder.chmod(0o755)  # mysqld runs as another user and must be able to pass through
        (folder / "secrets").mkdir()
        for secret, value in PASSWORDS.items():
            (folder / "secrets" / secret).write_text(value)
        write_certificates(folder / "tls")
        self._folder = folder
        self._patch = patch
        self._member = RealMember(0, folder, rootfs)
        look_at(self._member, patch, folder)

    @property
    def files(self) -> list[Path]:
        """The tables and undo logs that a backup holds."""
        return tables_of(self._member)

    def begin(self, size: int) -> None:
        """Start the member with ``size`` bytes, and take a first backup."""
        self._member.start()
        self._member.up()
        for step in (act.Bootstrap(), act.Declare()):
            self._member.performer.perform(step)
        fill(self._member.mysqld, size, DIGITS)
        self.take()

    def take(self) -> float:
        """Seconds from the order until a base backup is complete on the target."""
        return self._run("base")

    def restore(self) -> float:
        """Seconds from the order until an empty volume holds the last base backup, as a started server told."""
        stored = sorted((self._folder / "target" / Layout(CLUSTER).bases).iterdir())
        self._patch.setenv(BASE, stored[-1].name)
        return self._run("restore")

    def end(self) -> None:
        self._member.stop()

    def _run(self, command: str) -> float:
        """A command of the backup program in a pod with empty volumes."""
        folder = self._folder / command
        settings = Settings(CLUSTER, "shop", (address(0),), 3306, 1, False, "volume", 1 << 18, 0.5, pins.MYSQL)
        pod = BackupPod(folder, self._folder / "target", settings, self._folder / "tls", self._folder / "secrets")
        try:
            began = time.monotonic()
            done = pod.run(command)
            seconds = time.monotonic() - began
        finally:
            pod.end()
        if done.returncode != 0:
            raise CommandFailed(f"`{command}` ended with status {done.returncode}: {done.stderr[-1500:]}\n{pod.log()}")
        subprocess.run(["sync", "--file-system", str(folder)], check=True)
        shutil.rmtree(folder)
        return seconds
