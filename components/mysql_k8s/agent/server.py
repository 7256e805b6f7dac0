"""The agent's HTTPS endpoints: probes, the report for other members, state and metrics."""

from __future__ import annotations

import http.server
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .settings import AGENT_PORT, TLS_FOLDER

HANDSHAKE_SECONDS = 5
IDLE_SECONDS = 60

Answer = tuple[int, str]
"""HTTP status and body."""


class Endpoints(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves ``routes``. The handshake is done in the request's own thread: a slow client holds up nobody."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 32

    def __init__(self, routes: Mapping[str, Callable[[], Answer]], port: int = AGENT_PORT) -> None:
        self.routes = routes
        self._context = server_context(TLS_FOLDER)
        super().__init__(("", port), Handler)

    def reload_certificates(self) -> None:
        """Use the mounted certificates as they are now, for new connections."""
        self._context = server_context(TLS_FOLDER)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True, name="endpoints").start()

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
        route = self.server.routes.get(self.path.partition("?")[0])
        status, body = route() if route else (404, "no such endpoint\n")
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


def as_json(document: Mapping[str, Any]) -> Answer:
    return 200, json.dumps(document) + "\n"
