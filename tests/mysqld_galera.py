"""A real Galera cluster without Kubernetes: real mariadbd processes, and the agents' own rounds, in one process.

Each member has a network namespace of its own on a bridge. Needs root and MARIADB_ROOTFS; see ``mysqld_members``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pymysql
import pytest
from bridge import Bridge
from mysqld_members import MYSQL_USER, MemberProcess
from real_rounds import Rounds, carry_out

from mysql_k8s.agent import accounts, galera_files, mysqld, perform
from mysql_k8s.agent.account_check import AccountCheck
from mysql_k8s.agent.decide_galera import decide_galera
from mysql_k8s.agent.engine_mariadb import MariaDB as MariaDBEngine
from mysql_k8s.agent.facts import Facts, Local, Mark, Report, Silent
from mysql_k8s.agent.health import Health
from mysql_k8s.agent.health_galera import judge_galera
from mysql_k8s.agent.mysqld import MARIADB_USER, Unreachable
from mysql_k8s.agent.observe_galera import GaleraObserver
from mysql_k8s.agent.perform_galera import GaleraPerformer
from mysql_k8s.agent.settings import GALERA, MARIADB, DeclaredUser, Settings
from mysql_k8s.agent.state import Cloning
from mysql_k8s.agent.topology_galera import galera_mysqld
from mysql_k8s.objects import config_map

MEMBERS = 3
BRIDGE = Bridge("w", 84, MEMBERS)


CONNECT = pymysql.connect


def connect_as_agent(**how: Any) -> pymysql.Connection[Any]:
    """mariadbd knows who comes over the socket by the user of the operating system: the agent's, not this process's."""
    os.seteuid(MYSQL_USER if "unix_socket" in how else 0)
    try:
        return CONNECT(**how)
    finally:
        os.seteuid(0)


class BridgedSettings(Settings):
    """Members found by address instead of by DNS."""

    def host(self, ordinal: int) -> str:
        return BRIDGE.address(ordinal)


SETTINGS = BridgedSettings(
    "db", "shop", "db", MEMBERS, GALERA, engine=MARIADB,
    databases=("app",), users=(DeclaredUser("app", ("app",), ("ALL PRIVILEGES",)),),
)  # fmt: skip


class GaleraMember(MemberProcess):
    """One member: its run.sh and mariadbd, its network, and what its agent holds between rounds."""

    def __init__(self, ordinal: int, folder: Path, rootfs: Path, config: str) -> None:
        super().__init__(ordinal, folder, rootfs)
        self.cut_off = False
        self.stopping_since: float | None = None
        self.settings: Settings = SETTINGS
        self.mark = Mark()
        self.done: list[str] = []
        """What was decided, as far as it was new."""
        self.health = Health(None, False, "")
        self.copying: Cloning | None = None
        small = re.sub(r"innodb_buffer_pool_size = \d+", "innodb_buffer_pool_size = 67108864", config)
        small = re.sub(r"innodb_log_file_size = \d+", "innodb_log_file_size = 67108864", small)
        small = re.sub(r"gcache.size=\d+", "gcache.size=67108864", small)
        self._make_folders(folder / "tls", small)
        self._forget()

    def _make_folders(self, tls: Path, config: str) -> None:
        for name in ("var/lib/mysql", "run/mysqld", "etc/mysql-k8s", "upper", "work"):
            (self.folder / name).mkdir(parents=True)
        by_name = '$(getent hosts "$(uname -n)")'
        for name, script in config_map.scripts("mariadb", "galera").items():
            (self.folder / "etc/mysql-k8s" / name).write_text(script.replace(by_name, BRIDGE.address(self.ordinal)))
        (self.folder / "etc/mysql-k8s/my.cnf").write_text(config)
        shutil.copytree(tls, self.folder / "etc/mysql-k8s-tls")
        subprocess.run(["chown", "-R", f"{MYSQL_USER}:{MYSQL_USER}", self.folder], check=True)

    def _forget(self) -> None:
        """A new agent."""
        self.mysqld = galera_mysqld()
        self.observer = GaleraObserver(self.mysqld, self.ordinal, self.settings)
        self.performer = GaleraPerformer(self.settings, self.mysqld, self.ordinal, MariaDBEngine())
        self.accounts = AccountCheck(self.settings)
        self.doing: str = ""
        self.doing_since = time.monotonic()

    def in_network(self) -> list[str]:
        return BRIDGE.inside(self.ordinal)

    @property
    def volume(self) -> Path:
        return self.folder / "var/lib/mysql"

    def initialise_as(self, other: GaleraMember) -> None:
        """With a copy of another one's fresh data directory: making one takes long, and all are the same."""
        subprocess.run(["cp", "-a", f"{other.volume}/.", str(self.volume)], check=True)

    @property
    def run_folder(self) -> Path:
        return self.folder / "run/mysqld"

    def kill(self) -> None:
        """mariadbd alone, as the kernel does when there is no memory left; it may not even be up yet."""
        for pid in self._servers():
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Whatever is left then is ended, too, as it is with a container: a transfer may hold mariadbd up."""
        servers = self._servers()
        super().stop()
        for pid in servers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _servers(self) -> list[int]:
        if self._process is None or self._process.poll() is not None:
            return []
        run_sh = self._process.pid
        children = Path(f"/proc/{run_sh}/task/{run_sh}/children").read_text().split()
        return [int(each) for each in children if Path(f"/proc/{each}/comm").read_text() == "mariadbd\n"]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.mysqld_pid(), number)

    def lose_volume(self) -> None:
        """Claim and pod deleted, and made anew."""
        self.stop()
        for each in self.volume.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        self._forget()
        self.start()

    def cut(self) -> None:
        self.cut_off = True
        BRIDGE.cut(self.ordinal)

    def heal(self) -> None:
        self.cut_off = False
        BRIDGE.heal(self.ordinal)

    def observe(self) -> Local | None:
        self.start_if_ended()
        try:
            return self.observer.observe()
        except (Unreachable, pymysql.MySQLError):
            self.mysqld.close()
            return None

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """As the agent, over a connection of its own."""
        connection = connect_as_agent(
            unix_socket=str(self.socket), user=MARIADB_USER, ssl_disabled=True, autocommit=True
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def round(self, peers: Mapping[int, Report | Silent], now: float) -> None:
        """One round of its agent."""
        local = self.observe()
        group = local.report.group if local else None
        if local is not None:
            local = self.accounts.complete(self.mysqld, local, declares=bool(group and group.leads))
        facts = Facts(
            self.settings, self.ordinal, local, peers, same_seconds=now - self.doing_since, mark=self.mark,
            stopping_seconds=now - self.stopping_since if self.stopping_since is not None else None,
        )  # fmt: skip
        action = decide_galera(facts)
        self.health = judge_galera(facts, action)
        self.copying = self.performer.copying(facts)
        carry_out(self, action, now)


class RealCluster(Rounds[GaleraMember]):
    """All members and their agents."""

    def __init__(self, folder: Path, rootfs: Path, monkeypatch: pytest.MonkeyPatch, config: str) -> None:
        self._patch = monkeypatch
        monkeypatch.setattr(pymysql, "connect", connect_as_agent)
        members = [GaleraMember(ordinal, folder, rootfs, config) for ordinal in range(MEMBERS)]
        super().__init__(members, self._become_member)

    def _become_member(self, member: GaleraMember) -> None:
        self._patch.setattr(mysqld, "SOCKET", member.socket)
        self._patch.setattr(accounts, "LOOPBACK", BRIDGE.agents_way(member.ordinal))
        self._patch.setattr(galera_files, "PUBLISHED", member.run_folder / "galera")
        self._patch.setattr(galera_files, "ORDER", member.run_folder / "order")
        self._patch.setattr(galera_files, "NEW_ORDER", member.run_folder / "order.new")
        self._patch.setattr(galera_files, "RECEIVED", member.run_folder / "received")
        self._patch.setattr(perform, "MAY_STOP", member.run_folder / "may-stop")
