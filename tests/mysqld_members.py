"""Real members without Kubernetes: the real run.sh and my.cnf, with the pod's paths, in a mount namespace of their own.

Each member has an address of its own on the loopback interface. Needs root and MYSQL_ROOTFS, the root file system of a
server's image (it is not written to: everything that a pod mounts is bound over it).
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pymysql
import pytest

from mysql_k8s import MySQLClusterArgs, my_cnf
from mysql_k8s.agent import accounts, mysqld, perform
from mysql_k8s.agent.engines import engine_of
from mysql_k8s.agent.facts import Local
from mysql_k8s.agent.mysqld import ANSWER_SECONDS, Mysqld, Unreachable
from mysql_k8s.agent.perform import Performer
from mysql_k8s.agent.settings import DeclaredUser, Settings
from mysql_k8s.generated import x509
from mysql_k8s.objects import config_map

MYSQL_USER = 999
START_SECONDS = 60.0
PASSWORDS = {"replication": "r-secret", "clone": "c-secret", "admin": "a-secret", "user-app": "u-secret"}

# The shell that becomes the container's first process: every mount ends with its namespace.
ENTER = """
set -e
mkdir -p "$ROOT"
mount -t overlay overlay -o lowerdir="$LOWER",upperdir="$UPPER",workdir="$WORK" "$ROOT"
for folder in var/lib/mysql run/mysqld etc/mysql-k8s etc/mysql-k8s-tls; do
    mkdir -p "$ROOT/$folder"
    mount --bind "$MEMBER/$folder" "$ROOT/$folder"
done
mount --bind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mount -o remount,ro "$ROOT"  # as in a pod: what is written goes to the volumes
exec chroot --userspec=999:999 "$ROOT" env POD_NAME="$POD_NAME" POD_NAMESPACE=shop sh /etc/mysql-k8s/run.sh
"""


class LoopbackSettings(Settings):
    """Members found on the loopback interface instead of by DNS."""

    def host(self, ordinal: int) -> str:
        return address(ordinal)


def address(ordinal: int) -> str:
    return f"127.0.9.{10 + ordinal}"


SETTINGS = LoopbackSettings(
    "db", "shop", "db", 3, "replication", "semi-sync",
    databases=("app",), users=(DeclaredUser("app", ("app",), ("ALL",)),),
)  # fmt: skip

ARGUMENTS = {"topology": {"kind": "replication", "durability": "semi-sync"}, "resources": {"memory": "640Mi"}}
"""What the my.cnf is made from, beside the engine."""


ROOTFS = {"mysql": "MYSQL_ROOTFS", "mariadb": "MARIADB_ROOTFS"}
"""Which environment variable names the root file system of a server's image."""


def rootfs_of(engine: str) -> Path:
    """What real servers run from. Skips the test where there is none, or no right to use it."""
    rootfs = os.environ.get(ROOTFS[engine])
    if not rootfs or os.geteuid() != 0:
        pytest.skip(f"needs root, and {ROOTFS[engine]} to name the root file system of a server's image")
    return Path(rootfs)


def open_to_servers(folder: Path) -> None:
    """Servers run as another user, who must be able to pass through pytest's folders."""
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)


class MemberProcess:
    """What runs a member in place of a pod: its folders, and the process that enters them."""

    def __init__(self, ordinal: int, folder: Path, rootfs: Path) -> None:
        self.ordinal = ordinal
        self.folder = folder / f"db-{ordinal}"
        self.log = self.folder / "log"
        self._rootfs = rootfs
        self._process: subprocess.Popen[bytes] | None = None

    mysqld: Mysqld
    """The agent's connection."""

    @property
    def socket(self) -> Path:
        return self.folder / "run/mysqld/mysqld.sock"

    def in_network(self) -> list[str]:
        """What is put before the command, for a network of the member's own."""
        return []

    def start(self) -> None:
        paths = {"MEMBER": self.folder, "ROOT": self.folder / "root", "UPPER": self.folder / "upper"}
        paths |= {"WORK": self.folder / "work", "LOWER": self._rootfs}
        environment = {name: str(path) for name, path in paths.items()} | {"POD_NAME": f"db-{self.ordinal}"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.in_network(), "unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER],
                env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start_if_ended(self) -> None:
        """As the kubelet would."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """As the kubelet does it: SIGTERM to the first process, which passes it on."""
        self.mysqld.close()
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def mysqld_pid(self) -> int:
        return int((self.folder / "run/mysqld/mysqld.pid").read_text())

    def lay_out(
        self,
        tls: Path,
        config: str,
        scripts: Callable[[str], str] = str,
        engine: str = "mysql",
        topology: str = "replication",
    ) -> None:
        """The volumes that a pod mounts. ``scripts`` may change the text of each."""
        for name in ("var/lib/mysql", "run/mysqld", "etc/mysql-k8s", "upper", "work"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "etc/mysql-k8s/my.cnf").write_text(config)
        for name, text in config_map.scripts(engine, topology).items():
            (self.folder / "etc/mysql-k8s" / name).write_text(scripts(text))
        shutil.copytree(tls, self.folder / "etc/mysql-k8s-tls")
        subprocess.run(["chown", "-R", f"{MYSQL_USER}:{MYSQL_USER}", self.folder], check=True)


class RealMember(MemberProcess):
    """One member: its process, and the agent's view of it."""

    def __init__(
        self,
        ordinal: int,
        folder: Path,
        rootfs: Path,
        settings: Settings = SETTINGS,
        arguments: Mapping[str, Any] = ARGUMENTS,
    ) -> None:
        super().__init__(ordinal, folder, rootfs)
        engine = engine_of(settings)
        config = my_cnf.render(MySQLClusterArgs.model_validate({"engine": {"kind": settings.engine}, **arguments}))
        own = config.replace("bind_address = *", f"bind_address = {address(ordinal)}")
        self.lay_out(folder / "tls", own, engine=settings.engine)
        self.mysqld = engine.connect(ANSWER_SECONDS)
        self.observer = engine.observer(self.mysqld, ordinal, settings)
        self.performer = Performer(settings, self.mysqld, engine)

    def kill_mysqld(self) -> None:
        os.kill(self.mysqld_pid(), signal.SIGKILL)

    def wait(self, what: str, condition: Callable[[Local], bool]) -> Local:
        """The member's facts once the condition holds. Fails after START_SECONDS with what was seen last."""
        seen: object = None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            self.start_if_ended()
            try:
                seen = self.observer.observe()
                if condition(seen):
                    return seen
            except (Unreachable, pymysql.MySQLError) as error:
                seen = error
            time.sleep(0.1)
        log = self.log.read_text()[-3000:]
        pytest.fail(f"db-{self.ordinal}: no {what} within {START_SECONDS:g} s; seen: {seen}\n{log}")

    def up(self) -> Local:
        return self.wait("answer", lambda _: True)


def write_certificates(folder: Path, hosts: Sequence[str] = (address(0), address(1))) -> None:
    now = dt.datetime.now(dt.UTC)
    authority = x509.certificate_authority("test CA", now)
    server = x509.server_certificate(authority, list(hosts), dt.timedelta(days=1), now)
    folder.mkdir()
    (folder / "ca.crt").write_text(authority.certificate)
    (folder / "tls.crt").write_text(server.certificate)
    (folder / "tls.key").write_text(server.private_key)


def write_mounts(folder: Path, hosts: Sequence[str] = (address(0), address(1))) -> None:
    """What pods mount: passwords, and a certificate for these hosts."""
    (folder / "secrets").mkdir()
    for secret, value in PASSWORDS.items():
        (folder / "secrets" / secret).write_text(value)
    write_certificates(folder / "tls", hosts)


def look_at(member: RealMember, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From here on the agent's code talks to this member, as it does in its pod."""
    monkeypatch.setattr(mysqld, "SOCKET", member.socket)
    monkeypatch.setattr(accounts, "LOOPBACK", address(member.ordinal))
    monkeypatch.setattr(accounts, "TLS_FOLDER", folder / "tls")
    monkeypatch.setattr(accounts, "SECRETS_FOLDER", folder / "secrets")
    monkeypatch.setattr(perform, "MAY_STOP", member.folder / "run/mysqld/may-stop")


def make_pipe_for_server(path: Path) -> None:
    """In place of ``os.mkfifo``: agent and server are the same user in a pod; the tests run as root."""
    os.mknod(path, 0o600 | stat.S_IFIFO)
    for each in (path, path.parent):
        os.chown(each, MYSQL_USER, MYSQL_USER)
