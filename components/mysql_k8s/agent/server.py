"""The agent's HTTPS endpoints: probes, the report for other members, state and metrics."""

from __future__ import annotations

import http.server
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .settings import AGENT_PORT, TLS_FOLDER

HANDSHAKE_SECONDS = 5
IDLE_SECONDS = 60

Answer = tuple[int, str]
"""HTTP status and body."""


@dataclass(frozen=True)
class Streaming:
    """An answer of unknown length: more headers, the content, and what is to be called when it is over, however."""

    headers: Mapping[str, str]
    chunks: Generator[bytes]
    over: Callable[[], None]


Serve = Callable[[Iterable[str]], Answer | Streaming]
"""Answers whoever has a certificate of the cluster's CA, by the DNS names in it; there are none without one."""


class Endpoints(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves ``routes`` to everybody, and ``streams`` to those whom they accept.

    The handshake is done in the request's own thread: a slow client holds up nobody.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 32

    def __init__(
        self,
        routes: Mapping[str, Callable[[], Answer]],
        streams: Mapping[str, Serve] | None = None,
        port: int = AGENT_PORT,
    ) -> None:
        self.routes = routes
        self.streams = streams or {}
        self._context = self._make_context()
        super().__init__(("", port), Handler)

    def reload_certificates(self) -> None:
        """Use the mounted certificates as they are now, for new connections."""
        self._context = self._make_context()

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True, name="endpoints").start()

    def _make_context(self) -> ssl.SSLContext:
        return mutual_context(TLS_FOLDER) if self.streams else server_context(TLS_FOLDER)

    def finish_request(self, request: Any, client_address: Any) -> None:
        connection: socket.socket = request
        connection.settimeout(HANDSHAKE_SECONDS)
        try:
            with self._context.wrap_socket(connection, server_side=True) as encrypted:
                encrypted.settimeout(IDLE_SECONDS)
                Handler(encrypted, client_address, self)
        except OSError:
            pass  # the client went away, or never wanted to speak TLS

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken client connection is not worth a stack trace in the log."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET requests from the server's routes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Endpoints)
        path = self.path.partition("?")[0]
        serve = self.server.streams.get(path)
        if serve is None:
            route = self.server.routes.get(path)
            self._answer(route() if route else (404, "no such endpoint\n"))
            return
        assert isinstance(self.connection, ssl.SSLSocket)
        answer = serve(certificate_names(self.connection.getpeercert()))
        if isinstance(answer, Streaming):
            self._stream(answer)
        else:
            self._answer(answer)

    def _stream(self, answer: Streaming) -> None:
        """In chunks of HTTP: the last, empty one says that nothing is missing. What fails cuts the connection."""
        try:
            self.send_response(http.HTTPStatus.OK)
            for name, value in {**answer.headers, "Transfer-Encoding": "chunked"}.items():
                self.send_header(name, value)
            self.end_headers()
            for chunk in answer.chunks:
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        finally:
            self.close_connection = True
            answer.chunks.close()
            answer.over()

    def _answer(self, answer: Answer) -> None:
        status, body = answer
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if body.startswith("{") else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every second: they are not logged."""


def server_context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context


def mutual_context(folder: Path) -> ssl.SSLContext:
    """A client may show a certificate too, and it must be of the cluster's CA then. Probes have none."""
    context = server_context(folder)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(folder / "ca.crt")
    return context


def certificate_names(certificate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The DNS names of a verified certificate, as ``getpeercert`` gives it."""
    return tuple(value for kind, value in (certificate or {}).get("subjectAltName", ()) if kind == "DNS")


def as_json(document: Mapping[str, Any]) -> Answer:
    return 200, json.dumps(document) + "\n"
