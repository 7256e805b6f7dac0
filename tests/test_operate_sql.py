"""`sql`: how statements get into the client, and how a terminal is connected with it."""

import os
import pty
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mysql_k8s.operate import sql


def test_the_client_gets_exactly_the_bytes_that_were_sent(tmp_path: Path) -> None:
    """The connection stays open behind the statements: what follows them must not be waited for."""
    client = tmp_path / "mysql"
    client.write_text(f'#!/bin/sh\ncat > {tmp_path}/got\necho "$@" > {tmp_path}/arguments\nexit 3\n')
    client.chmod(0o755)
    statements = b"SELECT 1;\n-- \xc3\xa9\x00'\"$(id)\n"
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = sql.command_reading(len(statements))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    assert process.stdin
    process.stdin.write(statements)
    process.stdin.flush()
    assert process.wait(10) == 3
    process.stdin.close()
    assert (tmp_path / "got").read_bytes() == statements
    assert "--socket=/run/mysqld/mysqld.sock" in (tmp_path / "arguments").read_text()


def test_no_statement_and_no_password_is_on_a_command_line() -> None:
    words = " ".join(sql.command_reading(10))
    assert "password" not in words
    assert "SELECT" not in words


TERMINAL = """
import os, socket, sys
from mysql_k8s.operate.terminal import attach

class Stream:
    # the other end of the connection is a socket that echoes in upper case
    def __init__(self, connection): self.socket, self.open = connection, True
    def send(self, data): self.socket.sendall(data)
    def resize(self, rows, columns): self.socket.sendall(f"<{rows}x{columns}>".encode())
    def receive(self, timeout):
        self.socket.settimeout(0.01)
        try: data = self.socket.recv(4096)
        except TimeoutError: return b"", b""
        self.open = bool(data)
        return data, b""
    def exit_status(self): return 7
    def close(self): self.socket.close()

sys.exit(attach(Stream(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))))
"""


def test_a_terminal_is_raw_while_connected_and_as_before_afterwards() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    terminal, inner = pty.openpty()
    os.set_blocking(terminal, False)
    port = str(server.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-c", TERMINAL, port], stdin=inner, stdout=inner, stderr=inner)
    connection, _ = server.accept()
    connection.settimeout(10)
    assert connection.recv(64).startswith(b"<")
    os.write(terminal, b"\x03q\r")  # Ctrl-C belongs to the other end, and Enter is not translated
    assert connection.recv(64) == b"\x03q\r"
    connection.sendall(b"HELLO\r\n")
    assert b"HELLO" in read(terminal, b"HELLO")
    connection.close()
    assert process.wait(10) == 7
    server.close()
    os.write(terminal, b"x")
    assert read(terminal, b"x").endswith(b"x")  # echo is on again
    os.close(terminal)
    os.close(inner)


def read(descriptor: int, until: bytes) -> bytes:
    found, deadline = b"", time.monotonic() + 10
    while until not in found and time.monotonic() < deadline:
        if select.select([descriptor], [], [], 0.1)[0]:
            found += os.read(descriptor, 4096)
    return found


@pytest.mark.parametrize("size", [0, 1, sql.CHUNK, sql.CHUNK * 3 + 5])
def test_a_dump_of_any_size_arrives_whole(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    class Stream:
        open = True

        def __init__(self, _: object) -> None: ...

        def send(self, data: bytes) -> None:
            sent.append(data)

        def receive(self, timeout: float) -> tuple[bytes, bytes]:
            self.open = timeout == 0
            return b"", b""

        def exit_status(self) -> int:
            return 0

        def close(self) -> None: ...

    class Cluster:
        def exec_stream(self, *_: object) -> None: ...

    monkeypatch.setattr(sql, "ExecStream", Stream)
    monkeypatch.setattr(sql, "_primary", lambda _: (Cluster(), "shop", "orders-0"))  # pyright: ignore[reportUnknownLambdaType]
    source, sink = os.pipe()
    content = b"x" * size
    writer = threading.Thread(target=lambda: (os.write(sink, content) if content else None, os.close(sink)))
    writer.start()
    with os.fdopen(source, "rb") as stream:
        monkeypatch.setattr(sql.sys, "stdin", type("Input", (), {"buffer": stream}))
        assert sql.execute_input(None) == 0  # pyright: ignore[reportArgumentType]
    writer.join()
    assert b"".join(sent) == content
