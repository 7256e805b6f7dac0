"""A real group without Kubernetes: real mysqld processes, and the agents' own rounds, in one process.

Each member has a network namespace of its own on a bridge, as Group Replication takes a member with an address of the
same machine for itself. So a member can be cut off, too. Needs root and MYSQL_ROOTFS; see ``mysqld_members``.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest
from mysqld_members import PASSWORDS, MemberProcess, write_certificates

from mysql_k8s import GroupReplication, MySQLClusterArgs, my_cnf
from mysql_k8s.agent import accounts, mysqld
from mysql_k8s.agent import actions as act
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
BRIDGE = "mk8s-group"


def address(ordinal: int) -> str:
    return f"10.201.78.{10 + ordinal}"


def agents_way(ordinal: int) -> str:
    return f"10.201.79.{4 * ordinal + 2}"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def make_network() -> None:
    remove_network()
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("addr", "add", "10.201.78.1/24", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")
    for ordinal in range(MEMBERS):
        space, cable = f"{BRIDGE}-{ordinal}", f"mk8s-g{ordinal}"
        ip("netns", "add", space)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("link", "set", cable, "master", BRIDGE, "up")
        ip("-n", space, "addr", "add", f"{address(ordinal)}/24", "dev", "eth0")
        # Its agent's own way to it, which no fault cuts: in a pod that is the loopback interface.
        ip("link", "add", f"mk8s-a{ordinal}", "type", "veth", "peer", "name", "agent", "netns", space)
        ip("addr", "add", f"10.201.79.{4 * ordinal + 1}/30", "dev", f"mk8s-a{ordinal}")
        ip("link", "set", f"mk8s-a{ordinal}", "up")
        ip("-n", space, "addr", "add", f"{agents_way(ordinal)}/30", "dev", "agent")
        for device in ("eth0", "agent", "lo"):
            ip("-n", space, "link", "set", device, "up")


def remove_network() -> None:
    """Also what an earlier run left, and the cables first: the kernel lets a namespace go at its leisure."""
    for ordinal in range(MEMBERS):
        for cable in (f"mk8s-g{ordinal}", f"mk8s-a{ordinal}"):
            subprocess.run(["ip", "link", "del", cable], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", f"{BRIDGE}-{ordinal}"], check=False, capture_output=True)
    subprocess.run(["ip", "link", "del", BRIDGE], check=False, capture_output=True)


class BridgedSettings(Settings):
    """Members found by address instead of by DNS."""

    def host(self, ordinal: int) -> str:
        return address(ordinal)


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
        return script.replace(by_name, f"--report-host={address(self.ordinal)}")

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
        return ["nsenter", f"--net=/run/netns/{BRIDGE}-{self.ordinal}"]

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
        ip("link", "set", f"mk8s-g{self.ordinal}", "down")

    def heal(self) -> None:
        self.cut_off = False
        ip("link", "set", f"mk8s-g{self.ordinal}", "up")

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
        if action.doing != self.doing:
            self.doing, self.doing_since = action.doing, now
            self.done.append(f"{type(action).__name__}: {action.doing}")
        if not isinstance(action, act.AllowStop):
            try:
                self.performer.perform(action)
            except (Unreachable, pymysql.MySQLError, OSError) as error:
                self.done.append(f"failed: {error}")


class RealGroup:
    """All members and their agents, one round after the other: the agent's modules know one member at a time."""

    def __init__(self, folder: Path, rootfs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = monkeypatch
        self.members = [GroupMember(ordinal, folder, rootfs) for ordinal in range(MEMBERS)]
        self.most_primaries = 0

    def round(self) -> None:
        """Every agent looks, decides and acts once."""
        for member in self.members:
            self._become(member)
            peers = {m.ordinal: self._ask(member, m) for m in self.members if m is not member}
            self._become(member)
            member.round(peers, time.monotonic())
        self.most_primaries = max(self.most_primaries, sum(m.health.role == "primary" for m in self.members))

    def until(self, what: str, condition: Callable[[], bool], seconds: float = 180.0) -> float:
        """Rounds until the condition holds; returns how long that took, in seconds."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            self.round()
            if condition():
                return time.monotonic() - started
            time.sleep(0.2)
        seen = {m.ordinal: (m.health, m.done[-8:], m.performer.last_error) for m in self.members}
        logs = "\n".join(m.log.read_text()[-2000:] for m in self.members)
        pytest.fail(f"no {what} within {seconds:g} s; seen: {seen}\n{logs}")

    @property
    def roles(self) -> list[str | None]:
        return [member.health.role if member.health.ready else None for member in self.members]

    @property
    def is_whole(self) -> bool:
        return sorted(str(role) for role in self.roles) == ["primary", *["replica"] * (MEMBERS - 1)]

    @property
    def primary(self) -> GroupMember:
        return next(member for member in self.members if member.health.role == "primary")

    def _become(self, member: GroupMember) -> None:
        """From here on the agent's code talks to this member, as it does in its pod."""
        self._patch.setattr(mysqld, "SOCKET", member.socket)
        self._patch.setattr(accounts, "LOOPBACK", agents_way(member.ordinal))

    def _ask(self, asker: GroupMember, asked: GroupMember) -> Report | Silent:
        if asker.cut_off or asked.cut_off:
            return Silent("cut off")
        self._patch.setattr(mysqld, "SOCKET", asked.socket)
        local = asked.observe()
        if local is None:
            return Silent("mysqld does not answer")
        return replace(local.report, stopping=asked.stopping_since is not None)


@contextmanager
def running_group(folder: Path, rootfs: Path) -> Iterator[RealGroup]:
    """Three members that have just been started, in an empty folder; ended and their network removed at the end."""
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    (folder / "secrets").mkdir()
    for secret, value in PASSWORDS.items():
        (folder / "secrets" / secret).write_text(value)
    write_certificates(folder / "tls", [address(ordinal) for ordinal in range(MEMBERS)])
    make_network()
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
            remove_network()
