"""What the library tells the agent: cluster.json, the environment, and where everything is mounted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import mounted

CLUSTER_FILE = Path("/etc/mysql-k8s-cluster/cluster.json")
TLS_FOLDER = Path("/etc/mysql-k8s-tls")
SECRETS_FOLDER = Path("/etc/mysql-k8s-secrets")
RUN_FOLDER = Path("/run/mysqld")
MYSQL_PORT = 3306
AGENT_PORT = 8443
GROUP = "group-replication"
GALERA = "galera"
MARIADB = "mariadb"


@dataclass(frozen=True)
class DeclaredUser:
    """A user that the cluster must have, with all of ``privileges`` on each of ``databases``."""

    name: str
    databases: tuple[str, ...]
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class ForceStart:
    """A person's order to start the group from ``member`` although others do not report; only in ``epoch``."""

    member: int
    epoch: str


@dataclass(frozen=True)
class GaleraSettings:
    """What only the agents of a Galera cluster need."""

    all_write: bool = False
    """Every member takes writes, not one of them."""
    donor_leaves: bool = False
    """A member that sends all its data to another one is not read from meanwhile."""
    receive_queue_limit: int = 100
    """A member that has received more transactions than this and not yet applied them is not read from."""
    failed_transfers_limit: int = 3
    """After so many failed transfers of all data in a row a member waits for a person."""


@dataclass(frozen=True)
class Settings:
    """The cluster as declared."""

    name: str
    namespace: str
    service: str
    members: int
    topology: str
    durability: str = "async"
    replica_lag_limit_seconds: float = 30
    stop_wait_seconds: float = 30
    databases: tuple[str, ...] = ()
    users: tuple[DeclaredUser, ...] = ()
    clone_threshold: int = 10_000
    """An empty member of a group that lacks more transactions than this clones."""
    force_start: ForceStart | None = None
    engine: str = "mysql"
    galera: GaleraSettings = GaleraSettings()

    @staticmethod
    def parse(text: str) -> Settings:
        """Read cluster.json. Raises KeyError or ValueError if a key is missing or of a wrong form."""
        raw: dict[str, Any] = json.loads(text)
        users = tuple(
            DeclaredUser(user["name"], tuple(user["databases"]), tuple(user["privileges"])) for user in raw["users"]
        )
        group = raw.get("group", {})
        force = group.get("force_start")
        return Settings(
            name=raw["name"],
            namespace=raw["namespace"],
            service=raw["service"],
            members=int(raw["members"]),
            topology=raw["topology"],
            durability=raw["durability"],
            replica_lag_limit_seconds=float(raw["replica_lag_limit_seconds"]),
            stop_wait_seconds=float(raw["stop_wait_seconds"]),
            databases=tuple(raw["databases"]),
            users=users,
            clone_threshold=int(group.get("clone_threshold", 10_000)),
            force_start=ForceStart(int(force["member"]), str(force["epoch"])) if force else None,
            engine=raw["engine"],
            galera=GaleraSettings(**raw.get("galera", {})),
        )

    @property
    def semi_sync(self) -> bool:
        return self.durability == "semi-sync"

    @property
    def in_group(self) -> bool:
        """Any member may become the primary."""
        return self.topology in (GROUP, GALERA)

    def pod(self, ordinal: int) -> str:
        return f"{self.name}-{ordinal}"

    def host(self, ordinal: int) -> str:
        """The member's stable DNS name."""
        return f"{self.pod(ordinal)}.{self.service}.{self.namespace}.svc"

    def claim(self, ordinal: int) -> str:
        return f"data-{self.pod(ordinal)}"


class SettingsFile:
    """cluster.json as it is now: the kubelet renews it in place, so that what it declares needs no restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = mounted.version(path.parent)
        self._text = path.read_text(encoding="utf-8")
        self.settings = Settings.parse(self._text)

    def renew(self) -> bool:
        """Read it again; returns whether anything changed. Keeps what is known if the file cannot be read now."""
        try:
            version = mounted.version(self._path.parent)
            text = self._text if version == self._version else self._path.read_text(encoding="utf-8")
        except OSError:
            return False
        self._version = version
        if text == self._text:
            return False
        self._text, self.settings = text, Settings.parse(text)
        return True


def ordinal_of(pod: str) -> int:
    """The ordinal of a StatefulSet's pod, from its name."""
    return int(pod.rpartition("-")[2])
