"""A real MySQL Router without Kubernetes: the pod's own command and configuration, and addresses that act as Services.

Needs root and ROUTER_ROOTFS, the root file system of a Router's image (it is not written to).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import urllib3

from mysql_k8s import MySQLClusterArgs, Router, router_conf
from mysql_k8s.names import PORT, Names
from mysql_k8s.objects import router_pod

ADDRESS = "127.0.9.60"
NAMES = Names.of("orders", "shop")
SERVICES = {NAMES.primary_service: "127.0.9.50", NAMES.read_service: "127.0.9.51"}
START_SECONDS = 20.0

# The shell that becomes the container's first process: every mount ends with its namespace.
ENTER = """
set -e
mkdir -p "$ROOT"
mount -t overlay overlay -o lowerdir="$LOWER",upperdir="$UPPER",workdir="$WORK" "$ROOT"
mkdir -p "$ROOT/etc/mysqlrouter"
mount --bind "$CONFIG" "$ROOT/etc/mysqlrouter"
cp "$CONFIG/hosts" "$ROOT/etc/hosts"
mount -t proc proc "$ROOT/proc"
mount -o remount,ro "$ROOT"
exec chroot --userspec=999:999 "$ROOT" "$@"
"""


def rootfs_of_router() -> Path:
    """What a real Router runs from. Skips the test where there is none, or no right to use it."""
    rootfs = os.environ.get("ROUTER_ROOTFS")
    if not rootfs or os.geteuid() != 0:
        pytest.skip("needs root, and ROUTER_ROOTFS to name the root file system of a Router's image")
    return Path(rootfs)


def configuration(router: Router) -> str:
    """As in the pod, but for the address that it listens on."""
    return router_conf.render(router, NAMES).replace("bind_address = 0.0.0.0", f"bind_address = {ADDRESS}")


class RouterProcess:
    """One Router, as the kubelet would start it."""

    def __init__(self, folder: Path, rootfs: Path, router: Router) -> None:
        self.log = folder / "router.log"
        self._folder = folder
        self._rootfs = rootfs
        self._command = command(router)
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("upper", "work", "config"):
            (folder / name).mkdir()
        hosts = "".join(f"{address} {name}\n" for name, address in SERVICES.items())
        (folder / "config/hosts").write_text(hosts)
        self.configure(configuration(router))

    def configure(self, text: str) -> None:
        (self._folder / "config/mysqlrouter.conf").write_text(text)

    def launch(self) -> subprocess.Popen[bytes]:
        folder = self._folder
        paths = {"ROOT": folder / "root", "UPPER": folder / "upper", "WORK": folder / "work"}
        paths |= {"CONFIG": folder / "config", "LOWER": self._rootfs}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", *self._command],
                env={**os.environ, **{name: str(path) for name, path in paths.items()}},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start(self) -> None:
        self._process = self.launch()
        end = time.monotonic() + START_SECONDS
        while not self.is_healthy():
            if time.monotonic() > end or self._process.poll() is not None:
                pytest.fail(f"the Router does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.1)

    def is_healthy(self) -> bool:
        """What the kubelet's probe asks."""
        url = f"http://{ADDRESS}:{router_conf.HEALTH_PORT}{router_conf.HEALTH_PATH}"
        try:
            return urllib3.request("GET", url, timeout=2, retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> float:
        """Seconds that it takes to end in order."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        return time.monotonic() - began


def command(router: Router) -> list[str]:
    args = MySQLClusterArgs(router=router)
    template: Any = router_pod.template(args, NAMES, router, "any")
    return template.spec.containers[0].command


class ServiceAddress:
    """Stands for a Service: an address that stays, and leads to an endpoint, or refuses while there is none."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._listener: socket.socket | None = None

    def lead_to(self, endpoint: str) -> None:
        self.refuse()
        self._listener = socket.create_server((self._address, PORT))
        threading.Thread(target=_accept, args=(self._listener, endpoint), daemon=True).start()

    def refuse(self) -> None:
        """Connections that are open go on, as with a Service."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def swallow(self) -> None:
        """An endpoint that is gone without a word: a full queue drops what is sent there."""
        self.refuse()
        self._listener = socket.create_server((self._address, PORT), backlog=0)
        self._filling = [socket.socket() for _ in range(3)]
        for each in self._filling:
            each.setblocking(False)
            each.connect_ex((self._address, PORT))


def _accept(listener: socket.socket, endpoint: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        try:
            server = socket.create_connection((endpoint, PORT), timeout=5)
        except OSError:
            client.close()
            continue
        server.settimeout(None)
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for each in (source, target):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue
