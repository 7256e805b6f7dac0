"""One question to the cluster's DNS, without touching the machine's own resolver."""

import ipaddress
import socket
import struct

from sandbox.topology import DNS_ADDRESS

PORT = 53
RECURSION_DESIRED = 0x0100
TYPE_A, CLASS_IN = 1, 1
HEADER = struct.Struct("!6H")
ANSWER = struct.Struct("!HHIH")


def resolve(name: str, timeout: float = 1.0) -> list[str]:
    """The IPv4 addresses of a full name in the cluster; none without an answer within `timeout` seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect((DNS_ADDRESS, PORT))
            connection.send(question(name))
            return addresses(connection.recv(4096))
        except OSError:
            return []


def question(name: str) -> bytes:
    """The packet that asks for a name's IPv4 addresses."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return HEADER.pack(1, RECURSION_DESIRED, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", TYPE_A, CLASS_IN)


def addresses(answer: bytes) -> list[str]:
    """The IPv4 addresses in an answer to one question; none if the packet is no such answer."""
    found: list[str] = []
    try:
        _id, _flags, _questions, count, _authorities, _others = HEADER.unpack_from(answer)
        place = _after_name(answer, HEADER.size) + 4
        for _ in range(count):
            place = _after_name(answer, place)
            kind, _class, _ttl, length = ANSWER.unpack_from(answer, place)
            place += ANSWER.size
            if kind == TYPE_A:
                found.append(str(ipaddress.IPv4Address(answer[place : place + length])))
            place += length
    except (struct.error, IndexError, ValueError):
        return []
    return found


def _after_name(packet: bytes, place: int) -> int:
    while packet[place]:
        if packet[place] & 0xC0:  # a pointer to an earlier name ends this one
            return place + 2
        place += packet[place] + 1
    return place + 1
