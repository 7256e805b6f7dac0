"""The delay line between two network namespaces: what leaves is late, but for what is excepted; nothing remains."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults import delay_line

from sandbox.shell import system_path

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/dev/net/tun").exists() or not shutil.which("ip", path=system_path()),
    reason="network namespaces need root, and the delay line a TUN device",
)

DELAY = 0.15
FAR, EXCEPTED = "10.99.0.1", "10.99.0.3"

ANSWER = """
import socket
listening = socket.create_server(("", 7))
print("ready", flush=True)
while True:
    connection, _ = listening.accept()
    connection.sendall(connection.recv(1))
"""

ASK = """
import socket, sys, time
began = time.monotonic()
with socket.create_connection((sys.argv[1], 7), timeout=5) as connection:
    print(time.monotonic() - began)
"""


@dataclass(frozen=True)
class Line:
    """A pod's network and the far end."""

    pod: list[str]
    far: list[str]

    def seconds_to_connect(self, address: str) -> float:
        done = subprocess.run(
            [*self.pod, sys.executable, "-c", ASK, address], capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    def output(self, *command: str) -> str:
        return subprocess.run([*self.pod, *command], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def line() -> Iterator[Line]:
    names = [f"faults-{os.getpid()}-{end}" for end in ("pod", "far")]
    for name in names:
        subprocess.run(["ip", "netns", "add", name], check=True)
    pod, far = (["ip", "netns", "exec", name] for name in names)
    try:
        for command in (
            ["ip", "-n", names[0], "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", names[1]],
            ["ip", "-n", names[0], "address", "add", "10.99.0.2/24", "dev", "eth0"],
            ["ip", "-n", names[1], "address", "add", f"{FAR}/24", "dev", "eth0"],
            ["ip", "-n", names[1], "address", "add", f"{EXCEPTED}/24", "dev", "eth0"],
            *(["ip", "-n", name, "link", "set", device, "up"] for name in names for device in ("lo", "eth0")),
        ):
            subprocess.run(command, check=True)
        answering = subprocess.Popen([*far, sys.executable, "-c", ANSWER], stdout=subprocess.PIPE, text=True)
        assert answering.stdout and answering.stdout.readline()
        yield Line(pod, far)
        answering.kill()
        answering.wait()
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=True)


def test_packets_are_late_while_it_runs_and_not_afterwards(line: Line) -> None:
    program = [sys.executable, delay_line.__file__, str(DELAY * 1000), EXCEPTED]
    rules = line.output("ip", "rule")
    running = subprocess.Popen([*line.pod, *program], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout and running.stdout.readline()
        assert line.seconds_to_connect(FAR) >= DELAY
        assert line.seconds_to_connect(EXCEPTED) < DELAY
    finally:
        running.terminate()
        running.wait(timeout=10)
    assert line.output("ip", "rule") == rules
    assert line.seconds_to_connect(FAR) < DELAY
