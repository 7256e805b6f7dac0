"""A pod cut off, or on a bad line: packet rules in the pod's own network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cluster.support import processes

from sandbox.network import namespace_of
from sandbox.shell import output, system_path

from . import packet_rules
from .debts import End, HostProcess, Unfilter
from .packet_rules import BOTH, Way
from .scene import Scene

HOLDER = "pause"
"""The process that a pod's network lives as long as; its containers come and go."""
LOSS_PERCENT = 30
DELAY_MILLISECONDS = 100


@contextmanager
def from_peers(scene: Scene) -> Generator[None]:
    """No way to other pods, and none from them."""
    with _filtered(scene, packet_rules.no_peers(scene.node, *BOTH)):
        yield


@contextmanager
def from_peers_incoming(scene: Scene) -> Generator[None]:
    """Speaks to other pods and hears nothing."""
    with _filtered(scene, packet_rules.no_peers(scene.node, Way.IN)):
        yield


@contextmanager
def from_peers_outgoing(scene: Scene) -> Generator[None]:
    """Hears other pods and cannot speak to them."""
    with _filtered(scene, packet_rules.no_peers(scene.node, Way.OUT)):
        yield


@contextmanager
def from_clients(scene: Scene) -> Generator[None]:
    """Clients outside of pods do not reach mysqld."""
    with _filtered(scene, packet_rules.no_clients()):
        yield


@contextmanager
def from_api_server(scene: Scene) -> Generator[None]:
    """Neither requests nor answers."""
    with _filtered(scene, packet_rules.no_api_server()):
        yield


@contextmanager
def loss(scene: Scene) -> Generator[None]:
    """Of LOSS_PERCENT of all packets, drawn by the kernel."""
    with _filtered(scene, packet_rules.lossy(scene.node, LOSS_PERCENT)):
        yield


@contextmanager
def delay(scene: Scene) -> Generator[None]:
    """Every packet that leaves the pod waits DELAY_MILLISECONDS, in a program (see `delay_line`)."""
    inside = _inside(_holder(scene))
    program = [sys.executable, str(Path(__file__).with_name("delay_line.py")), str(DELAY_MILLISECONDS)]
    gateway = packet_rules.gateway(scene.node)
    line = subprocess.Popen(
        [*inside, *program, gateway], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        env={"PATH": system_path()},
    )  # fmt: skip
    with scene.ledger.owing(End(HostProcess.of(line.pid))):
        assert line.stdout and line.stdout.readline(), "the delay line did not start"
        yield
    line.wait(timeout=10)


@contextmanager
def _filtered(scene: Scene, rules: str) -> Generator[None]:
    holder = _holder(scene)
    with scene.ledger.owing(Unfilter(holder)):
        output([*_inside(holder), "nft", rules])
        yield


def _inside(holder: HostProcess) -> list[str]:
    return ["nsenter", f"--net=/proc/{holder.pid}/ns/net", "--"]


def _holder(scene: Scene) -> HostProcess:
    network = namespace_of(processes.host_pid(scene.namespace, scene.pod, "agent"))
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and namespace_of(int(folder.name)) == network and _name(folder) == HOLDER:
            return HostProcess.of(int(folder.name))
    raise LookupError(f"no process {HOLDER} holds the network of {scene.pod}")


def _name(folder: Path) -> str:
    try:
        return (folder / "comm").read_text().strip()
    except OSError:
        return ""
