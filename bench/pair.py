"""Two real members without Kubernetes: a donor that holds data, and one that joins it again and again."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import mysqld_members
import pytest
from mysqld_members import PASSWORDS, RealMember, look_at, write_certificates

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.mysqld import Mysqld

WAIT_SECONDS = 900.0
ROW_BYTES = 256 * 1024
ROWS_AT_ONCE = 64


class Pair:
    """Ordinal 0 holds data; ordinal 1 is empty before and after each ``join``."""

    def __init__(self, number: int, folder: Path, rootfs: Path, patch: pytest.MonkeyPatch) -> None:
        """Pairs of different numbers have different addresses: they may run at the same time."""
        self._number = number
        patch.setattr(mysqld_members, "START_SECONDS", WAIT_SECONDS)
        patch.setattr(mysqld_members, "address", self._address)
        folder.chmod(0o755)  # mysqld runs as another user and must be able to pass through
        (folder / "secrets").mkdir()
        for secret, value in PASSWORDS.items():
            (folder / "secrets" / secret).write_text(value)
        write_certificates(folder / "tls", [self._address(ordinal) for ordinal in range(2)])
        self._folder = folder
        self._patch = patch
        self._donor = RealMember(0, folder, rootfs)
        self._recipient = RealMember(1, folder, rootfs)

    @property
    def files(self) -> list[Path]:
        """The donor's tables and undo logs: what a join copies."""
        return tables_of(self._donor)

    def begin(self, size: int) -> None:
        """Start the donor with ``size`` bytes, and keep the volume of an empty member: not every round makes one."""
        self._donor.start()
        self._recipient.start()
        self._at(self._recipient).up()
        self._recipient.stop()
        _copy(self._volume(self._recipient), self._folder / "empty")
        donor = self._at(self._donor)
        donor.up()
        donor.performer.perform(act.Bootstrap())
        fill(donor.mysqld, size)

    def join(self) -> float:
        """Seconds from the order to clone until the recipient answers again, with all data."""
        shutil.rmtree(self._volume(self._recipient) / "data")
        _copy(self._folder / "empty", self._volume(self._recipient))
        self._recipient.start()
        recipient = self._at(self._recipient)
        recipient.up()
        began = time.monotonic()
        recipient.performer.perform(act.Clone(0, "benchmark"))
        recipient.wait("data", lambda local: not local.report.empty)
        seconds = time.monotonic() - began
        recipient.stop()
        return seconds

    def end(self) -> None:
        for member in (self._donor, self._recipient):
            member.stop()

    def _address(self, ordinal: int) -> str:
        return f"127.0.9.{10 + 10 * self._number + ordinal}"

    def _at(self, member: RealMember) -> RealMember:
        self._patch.setattr(mysqld_members, "address", self._address)
        look_at(member, self._patch, self._folder)
        return member

    def _volume(self, member: RealMember) -> Path:
        return member.folder / "var/lib/mysql"


def tables_of(member: RealMember) -> list[Path]:
    """Tables and undo logs: what is copied when all data is."""
    data = member.folder / "var/lib/mysql/data"
    return sorted(path for path in data.rglob("*") if path.suffix in (".ibd", ".ibu") or path.match("*/ibdata*"))


@dataclass(frozen=True)
class Content:
    """What a row holds: an expression, and how many bytes it gives."""

    sql: str
    bytes: int


REPEATED = Content(f"REPEAT(RANDOM_BYTES(1024), {ROW_BYTES // 1024})", ROW_BYTES)
"""Quickly made."""
DIGITS = Content(f"CONCAT({', '.join(['HEX(RANDOM_BYTES(1024))'] * 8)})", 8 * 2048)
"""Random digits: half of it can be compressed away, as with many tables."""


def fill(mysqld: Mysqld, size: int, content: Content = REPEATED) -> None:
    """Write so many bytes into a table; not into the binary log, which no join copies."""
    mysqld.run(
        "SET GLOBAL super_read_only = OFF",
        "SET SESSION sql_log_bin = 0",
        "CREATE DATABASE bench",
        "CREATE TABLE bench.filler (id BIGINT AUTO_INCREMENT PRIMARY KEY, content MEDIUMBLOB NOT NULL)",
    )
    rows = ", ".join(f"({content.sql})" for _ in range(ROWS_AT_ONCE))
    for _ in range(max(1, size // (content.bytes * ROWS_AT_ONCE))):
        mysqld.run(f"INSERT INTO bench.filler (content) VALUES {rows}")


def _copy(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    subprocess.run(["cp", "--archive", f"{source}/.", str(target)], check=True)
