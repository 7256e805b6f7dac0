"""A network of its own for each member of a cluster of real servers, on one bridge: so that a member can be cut off."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@dataclass(frozen=True)
class Bridge:
    """``letter`` names its devices, ``subnet`` and the one after it are its addresses: the third number of four."""

    letter: str
    subnet: int
    members: int

    @property
    def device(self) -> str:
        return f"mk8s-{self.letter}"

    def address(self, ordinal: int) -> str:
        return f"10.201.{self.subnet}.{10 + ordinal}"

    def agents_way(self, ordinal: int) -> str:
        """The agent's own way to its member, which no fault cuts: in a pod that is the loopback interface."""
        return f"10.201.{self.subnet + 1}.{4 * ordinal + 2}"

    def inside(self, ordinal: int) -> list[str]:
        """What is put before a command, for the member's network."""
        return ["nsenter", f"--net=/run/netns/{self._space(ordinal)}"]

    def make(self) -> None:
        self.remove()
        ip("link", "add", self.device, "type", "bridge")
        ip("addr", "add", f"10.201.{self.subnet}.1/24", "dev", self.device)
        ip("link", "set", self.device, "up")
        for ordinal in range(self.members):
            space, cable, way = self._space(ordinal), self._cable(ordinal), self._way(ordinal)
            ip("netns", "add", space)
            ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("link", "set", cable, "master", self.device, "up")
            ip("-n", space, "addr", "add", f"{self.address(ordinal)}/24", "dev", "eth0")
            ip("link", "add", way, "type", "veth", "peer", "name", "agent", "netns", space)
            ip("addr", "add", f"10.201.{self.subnet + 1}.{4 * ordinal + 1}/30", "dev", way)
            ip("link", "set", way, "up")
            ip("-n", space, "addr", "add", f"{self.agents_way(ordinal)}/30", "dev", "agent")
            for device in ("eth0", "agent", "lo"):
                ip("-n", space, "link", "set", device, "up")

    def remove(self) -> None:
        """Also what an earlier run left, and the cables first: the kernel lets a namespace go at its leisure."""
        for ordinal in range(self.members):
            for cable in (self._cable(ordinal), self._way(ordinal)):
                subprocess.run(["ip", "link", "del", cable], check=False, capture_output=True)
            subprocess.run(["ip", "netns", "del", self._space(ordinal)], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self.device], check=False, capture_output=True)

    def cut(self, ordinal: int) -> None:
        ip("link", "set", self._cable(ordinal), "down")

    def heal(self, ordinal: int) -> None:
        ip("link", "set", self._cable(ordinal), "up")

    def _space(self, ordinal: int) -> str:
        return f"{self.device}-{ordinal}"

    def _cable(self, ordinal: int) -> str:
        return f"{self.device}{ordinal}"

    def _way(self, ordinal: int) -> str:
        return f"{self.device}a{ordinal}"
