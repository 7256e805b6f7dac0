"""What the library tells this program: backup.json, and where everything is mounted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..agent.settings import GALERA, GROUP

SETTINGS_FILE = Path("/etc/mysql-k8s-backup/backup.json")
SECRETS_FOLDER = Path("/etc/mysql-k8s-secrets")
CA_FILE = Path("/etc/mysql-k8s-tls/ca.crt")
VOLUME_TARGET = Path("/backup")
RUN_FOLDER = Path("/run/mysqld")
MYSQL_FOLDER = Path("/var/lib/mysql")
SPOOL = Path("/spool")
UNTIL, BASE = "RESTORE_UNTIL", "RESTORE_BASE"
"""Environment variables: what one run restores, instead of what the settings say."""


@dataclass(frozen=True)
class Settings:
    """What is backed up, and how. ``members``: host names by ordinal; outside of a group the first is the primary."""

    cluster: str
    namespace: str
    members: tuple[str, ...]
    port: int
    keep: int
    point_in_time: bool
    store: str
    """``volume``, or an rclone remote with its path, such as ``target:bucket/prefix``."""
    segment_bytes: int
    flush_seconds: float
    server_version: str
    until: str = ""
    """For a restore: the moment, as it was written; empty for the newest."""
    cron_job: str = ""
    """What a base backup that is needed at once is made from."""
    base: str = ""
    """For a restore: the base backup that is wanted just as it is, by its id."""
    topology: str = "replication"
    """``standalone``, ``replication``, ``group-replication`` or ``galera``."""
    engine: str = "mysql"
    """``mysql`` or ``mariadb``."""

    @property
    def in_group(self) -> bool:
        """The members elect their primary."""
        return self.topology == GROUP

    @property
    def in_galera(self) -> bool:
        """The members are equals, and have no binary log."""
        return self.topology == GALERA

    @staticmethod
    def parse(text: str) -> Settings:
        """Raises KeyError or ValueError if a key is missing or of a wrong form."""
        raw: dict[str, Any] = json.loads(text)
        return Settings(
            cluster=raw["cluster"],
            namespace=raw["namespace"],
            members=tuple(raw["members"]),
            port=int(raw["port"]),
            keep=int(raw["keep"]),
            point_in_time=bool(raw["point_in_time"]),
            store=raw["store"],
            segment_bytes=int(raw["segment_bytes"]),
            flush_seconds=float(raw["flush_seconds"]),
            server_version=raw["server_version"],
            until=raw.get("until", ""),
            base=raw.get("base", ""),
            cron_job=raw.get("cron_job", ""),
            topology=raw.get("topology", "replication"),
            engine=raw.get("engine", "mysql"),
        )

    def as_ordered(self, environment: Mapping[str, str]) -> Settings:
        """The same with what a single run was told to restore."""
        until, base = environment.get(UNTIL, self.until), environment.get(BASE, self.base)
        return replace(self, until=until, base=base)


def password(secret: str) -> str:
    """The password in a mounted Secret. Raises OSError if it is not there."""
    return (SECRETS_FOLDER / secret).read_text(encoding="utf-8").strip("\n")
