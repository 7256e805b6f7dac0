"""Runs a command in a container, over the exec stream of the Kubernetes API."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from .documents import Json, rows, sentence, text
from .errors import OperateError

STDOUT, STDERR, ERROR, RESIZE = 1, 2, 3, 4


@dataclass
class ExecStream:
    """Typed access to the WSClient of the `kubernetes` package."""

    client: Any

    def __post_init__(self) -> None:
        self.client.sock.sock.settimeout(None)

    @property
    def socket(self) -> Any:
        return self.client.sock.sock

    @property
    def open(self) -> bool:
        return bool(self.client.is_open())

    def send(self, data: bytes) -> None:
        self.client.write_stdin(data)

    def resize(self, rows: int, columns: int) -> None:
        self.client.write_channel(RESIZE, json.dumps({"Width": columns, "Height": rows}).encode())

    def receive(self, timeout: float) -> tuple[bytes, bytes]:
        """What has come on standard output and standard error; waits at most so long for the first of it."""
        from websocket import WebSocketException

        try:
            self.client.update(timeout=timeout)
        except (WebSocketException, OSError):
            self.client.close()
        return self._take(STDOUT), self._take(STDERR)

    def _take(self, channel: int) -> bytes:
        return bytes(self.client._channels.pop(channel, b""))

    def exit_status(self) -> int:
        """After the end of the stream; raises where the command could not be run at all."""
        return exit_status(self._take(ERROR))

    def close(self) -> None:
        self.client.close()


def exit_status(document: bytes) -> int:
    """The exit status in the API's closing word on an exec."""
    if not document:
        raise OperateError("The connection to the pod ended before the command did.")
    status: Json = json.loads(document)
    if text(status, "status") == "Success":
        return 0
    for cause in rows(status, "details", "causes"):
        if text(cause, "reason") == "ExitCode":
            return int(text(cause, "message"))
    raise OperateError(f"The command could not be run: {sentence(text(status, 'message') or 'no reason given')}")


def capture(stream: ExecStream, seconds: float) -> tuple[int, bytes, bytes]:
    """Exit status, standard output and standard error of a command that reads nothing and ends soon."""
    deadline = time.monotonic() + seconds
    output, errors = b"", b""
    try:
        while stream.open:
            if time.monotonic() > deadline:
                raise OperateError(f"no answer within {seconds:.0f} s")
            more, worse = stream.receive(0.5)
            output, errors = output + more, errors + worse
        return stream.exit_status(), output, errors
    finally:
        stream.close()
