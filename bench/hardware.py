"""What the hardware can do with the same bytes: a copy on the disk, a stream over the loopback interface."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

BUFFER = 1 << 20


def copy_seconds(files: list[Path], folder: Path) -> float:
    """Copy files into a folder of the same file system and wait until they are on the disk."""
    with tempfile.TemporaryDirectory(dir=folder) as target:
        began = time.monotonic()
        subprocess.run(["cp", "--sparse=never", "--reflink=never", *map(str, files), target], check=True)
        for path in Path(target).iterdir():
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        return time.monotonic() - began


def shell_seconds(command: str) -> float:
    """Run a pipeline, every part of which must succeed."""
    began = time.monotonic()
    subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], check=True)
    return time.monotonic() - began


def stream_seconds(size: int, tls: Path | None = None) -> float:
    """Send so many bytes over the loopback interface; with TLS where a folder with a server's certificate is given."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()
        sender = threading.Thread(target=_send, args=(server, size, tls))
        sender.start()
        _receive(server.getsockname(), tls)
        sender.join()
        return time.monotonic() - began


def _send(server: socket.socket, size: int, tls: Path | None) -> None:
    connection, _ = server.accept()
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "tls.crt", tls / "tls.key")
        connection = context.wrap_socket(connection, server_side=True)
    block = os.urandom(BUFFER)
    with connection:
        for start in range(0, size, BUFFER):
            connection.sendall(block[: min(BUFFER, size - start)])


def _receive(address: tuple[str, int], tls: Path | None) -> None:
    connection = socket.create_connection(address)
    if tls:
        context = ssl.create_default_context(cafile=str(tls / "ca.crt"))
        context.check_hostname = False  # the certificate is a member's
        connection = context.wrap_socket(connection)
    buffer = bytearray(BUFFER)
    with connection:
        while connection.recv_into(buffer):
            pass
