"""Makes every packet that leaves a network namespace wait: `nsenter --net=… python delay_line.py 100 10.244.1.1`.

For kernels without the queueing discipline netem. Packets are routed into a TUN device, read here, and sent on with a
mark that takes them the usual way. What goes to the address named last (the gateway, where the kubelet's probes come
from) is not delayed. Standard library only. Ends, and puts everything back, on SIGTERM.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from types import FrameType

DEVICE = "delay0"
MARK = 102
PREFERENCE = 10
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST = 65536


def opened() -> int:
    """The TUN device, read packet by packet; it goes away when this is closed."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    return device


def route(own_address: str, undelayed: str) -> None:
    """Send everything into the device, but for what this program sent and what goes to one address."""
    table, mark = str(MARK), str(MARK)
    for words in (
        ["link", "set", DEVICE, "up"],
        ["route", "add", "default", "dev", DEVICE, "src", own_address, "table", table],
        ["route", "add", undelayed, "dev", "eth0", "src", own_address, "table", table],
        ["rule", "add", "preference", str(PREFERENCE), "not", "fwmark", mark, "lookup", table],
    ):
        subprocess.run(["ip", *words], check=True)


def unroute() -> None:
    """The routes go with the device."""
    subprocess.run(["ip", "rule", "del", "preference", str(PREFERENCE)], check=True)


def sender() -> socket.socket:
    """Sends whole IPv4 packets the usual way."""
    way = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    way.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
    return way


def pass_on(device: int, way: socket.socket, delay: float) -> None:
    """For ever: each packet after its delay, in the order of their coming."""
    waiting: deque[tuple[float, bytes]] = deque()
    while True:
        patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([device], [], [], patience)
        if readable:
            waiting.append((time.monotonic() + delay, os.read(device, LARGEST)))
        while waiting and waiting[0][0] <= time.monotonic():
            packet = waiting.popleft()[1]
            if packet[0] >> 4 == 4:
                send(way, packet)


def send(way: socket.socket, packet: bytes) -> None:
    """A packet that cannot be sent is lost, as on any line."""
    try:
        way.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
    except OSError as error:
        print(f"lost a packet: {error}", file=sys.stderr)


def own_address() -> str:
    """The address of eth0."""
    listed = subprocess.run(
        ["ip", "-o", "-4", "address", "show", "dev", "eth0"], check=True, capture_output=True, text=True
    )
    return listed.stdout.split()[3].partition("/")[0]


def stop(_signal: int, _frame: FrameType | None) -> None:
    """Leave by way of `finally`."""
    sys.exit(0)


def main(milliseconds: float, undelayed: str) -> None:
    """Say so on standard output when packets wait."""
    signal.signal(signal.SIGTERM, stop)
    way, device = sender(), opened()
    try:
        route(own_address(), undelayed)
        print("ready", flush=True)
        pass_on(device, way, milliseconds / 1000)
    finally:
        unroute()


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
