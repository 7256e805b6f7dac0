"""A real group without Kubernetes: real mysqld processes, and the agents' own rounds, in one process.

Each member has a network namespace of its own on a bridge, as Group Replication takes a member with an address of the
same machine for itself. So a member can be cut off, too. Needs root and MYSQL_ROOTFS; see ``mysqld_members``.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pymysql
import pytest
from bridge import Bridge
from mysqld_members import MemberProcess, open_to_servers, write_mounts
from real_load import Load
from real_rounds import Rounds, carry_out

from mysql_k8s import GroupReplication, MySQLClusterArgs, my_cnf
from mysql_k8s.agent import accounts, mysqld
from mysql_k8s.agent.account_check import AccountCheck
from mysql_k8s.agent.decide_group import decide_group
from mysql_k8s.agent.facts import Facts, Local, Mark, Report, Silent
from mysql_k8s.agent.group import ERROR
from mysql_k8s.agent.health import Health
from mysql_k8s.agent.health_group import judge_group
from mysql_k8s.agent.mysqld import Unreachable, group_mysqld
from mysql_k8s.agent.observe_group import GroupObserver
from mysql_k8s.agent.perform_group import GroupPerformer
from mysql_k8s.agent.setbacks import Setbacks
from mysql_k8s.agent.settings import DeclaredUser, Settings

MEMBERS = 3
BRIDGE = Bridge("g", 78, MEMBERS)


class BridgedSettings(Settings):
    """Members found by address instead of by DNS."""

    def host(self, ordinal: int) -> str:
        return BRIDGE.address(ordinal)


SETTINGS = BridgedSettings(
    "db", "shop", "db", MEMBERS, "group-replication",
    databases=("app",), users=(DeclaredUser("app", ("app",), ("ALL",)),),
)  # fmt: skip


class GroupMember(MemberProcess):
    """One member: its mysqld, its network, and what its agent holds between rounds."""

    def __init__(self, ordinal: int, folder: Path, rootfs: Path) -> None:
        super().__init__(ordinal, folder, rootfs)
        self.cut_off = False
        self.stopping_since: float | None = None
        self.settings: Settings = SETTINGS
        self.mark = Mark()
        self.done: list[str] = []
        """What was decided, as far as it was new."""
        self.health = Health(None, False, "")
        config = my_cnf.render(MySQLClusterArgs(topology=GroupReplication()))
        small = re.sub(r"innodb_buffer_pool_size = \d+", "innodb_buffer_pool_size = 67108864", config)
        self.lay_out(folder / "tls", small, self._found_by_address)
        self._forget()

    def _found_by_address(self, script: str) -> str:
        by_name = '--report-host="$POD_NAME.$service.$POD_NAMESPACE.svc"'
        return script.replace(by_name, f"--report-host={BRIDGE.address(self.ordinal)}")

    def _forget(self) -> None:
        """A new agent."""
        self.mysqld = group_mysqld()
        self.observer = GroupObserver(self.mysqld, self.ordinal)
        self.performer = GroupPerformer(self.settings, self.mysqld, self.ordinal)
        self.accounts = AccountCheck(self.settings)
        self.setbacks = Setbacks()
        self.doing: str = ""
        self.doing_since = time.monotonic()

    def in_network(self) -> list[str]:
        return BRIDGE.inside(self.ordinal)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.mysqld_pid(), number)

    def lose_volume(self) -> None:
        """Claim and pod deleted, and made anew."""
        self.stop()
        for each in (self.folder / "var/lib/mysql").iterdir():
            shutil.rmtree(each)
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
            return replace(self.observer.observe(), busy=self.performer.busy)
        except (Unreachable, pymysql.MySQLError):
            self.mysqld.close()
            return None

    def query(self, *statements: str) -> list[tuple[object, ...]]:
        """As root, over a connection of its own; returns the rows of the last statement."""
        connection = pymysql.connect(unix_socket=str(self.socket), user="root", ssl_disabled=True, autocommit=True)
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def round(self, peers: Mapping[int, Report | Silent], now: float) -> None:
        """One round of its agent."""
        local = self.observe()
        group = local.report.group if local else None
        if local is not None:
            local = self.accounts.complete(self.mysqld, local, declares=bool(group and group.leads))
            local = replace(local, cloning=local.cloning or self.performer.provisioner.running)
        if local is not None and group is not None:
            fallen = group.state == ERROR
            self.setbacks = self.setbacks.observe(local.apply_failure, fallen=fallen, serves=group.serves)
        facts = Facts(
            self.settings, self.ordinal, local, peers, same_seconds=now - self.doing_since, mark=self.mark,
            setbacks=self.setbacks,
            stopping_seconds=now - self.stopping_since if self.stopping_since is not None else None,
        )  # fmt: skip
        action = decide_group(facts)
        self.health = judge_group(facts, action)
        carry_out(self, action, now)


class RealGroup(Rounds[GroupMember]):
    """All members and their agents."""

    def __init__(self, folder: Path, rootfs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        super().__init__([GroupMember(ordinal, folder, rootfs) for ordinal in range(MEMBERS)], self._become_member)

    def load(self) -> Load:
        """Clients that write to whoever lets them."""
        return Load(*(partial(_connect, member.socket) for member in self.members))

    def _become_member(self, member: GroupMember) -> None:
        self._patch.setattr(mysqld, "SOCKET", member.socket)
        self._patch.setattr(accounts, "LOOPBACK", BRIDGE.agents_way(member.ordinal))


def _connect(socket: Path) -> pymysql.Connection[Any]:
    return pymysql.connect(unix_socket=str(socket), user="root", ssl_disabled=True, autocommit=True, read_timeout=3)


@contextmanager
def running_group(folder: Path, rootfs: Path) -> Iterator[RealGroup]:
    """Three members that have just been started, in an empty folder; ended and their network removed at the end."""
    open_to_servers(folder)
    write_mounts(folder, [BRIDGE.address(ordinal) for ordinal in range(MEMBERS)])
    BRIDGE.make()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "TLS_FOLDER", folder / "tls")
        patch.setattr(accounts, "SECRETS_FOLDER", folder / "secrets")
        made = RealGroup(folder, rootfs, patch)
        for member in made.members:
            member.start()
        try:
            yield made
        finally:
            for member in made.members:
                member.stop()
            BRIDGE.remove()
