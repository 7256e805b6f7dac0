"""The agent's client of the API server against a real server on the loopback interface."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mysqld_members import write_certificates

from mysql_k8s.agent import kubernetes
from mysql_k8s.agent.events import Event, Events
from mysql_k8s.agent.kubernetes import Kubernetes, KubernetesError


class Api:
    """Counts connections, and answers as it is told."""

    def __init__(self) -> None:
        self.connections = 0
        self.asked: list[str] = []
        self.status = 200
        self.hang_up = False
        self.silent = False
        self.answered = threading.Event()


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    made = Api()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            made.connections += 1

        def do_PATCH(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if made.silent:
                made.silent = False
                time.sleep(4)
            made.asked.append(f"{self.command} {self.path} {self.headers['Authorization']}")
            with contextlib.suppress(OSError):  # a client that has given up
                self.answer()

        def answer(self) -> None:
            self.send_response(made.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
            self.close_connection = made.hang_up
            made.answered.set()

        do_POST = do_PATCH

        def log_message(self, format: str, *args: object) -> None:
            pass

    write_certificates(tmp_path / "tls", ["127.0.0.1"])
    (tmp_path / "tls/token").write_text("secret-token\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls/tls.crt", tmp_path / "tls/tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setattr(kubernetes, "ACCOUNT_FOLDER", tmp_path / "tls")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.server_address[1]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def test_the_connection_is_kept(api: Api) -> None:
    client = Kubernetes("shop")
    client.label_role("db-0", "replica")
    client.label_role("db-0", None)
    assert api.connections == 1
    assert api.asked == ["PATCH /api/v1/namespaces/shop/pods/db-0 Bearer secret-token"] * 2


def test_a_connection_that_the_server_has_closed_is_made_anew(api: Api) -> None:
    client = Kubernetes("shop")
    api.hang_up = True
    for _ in range(3):
        client.label_role("db-0", "replica")
    assert len(api.asked) == 3


def test_a_kept_connection_that_became_silent_is_given_up_soon(api: Api) -> None:
    client = Kubernetes("shop")
    client.label_role("db-0", "replica")
    api.silent = True
    began = time.monotonic()
    client.label_role("db-0", None)
    assert time.monotonic() - began < 4
    assert api.connections == 2


def test_a_refusal_is_an_error_without_the_token(api: Api) -> None:
    api.status = 403
    with pytest.raises(KubernetesError, match="403") as refused:
        Kubernetes("shop").label_role("db-0", "replica")
    assert "secret-token" not in str(refused.value)


def test_events_delay_nobody(api: Api) -> None:
    api.status = 201
    Events(Kubernetes("shop")).tell(Event("db-0", "uid", "Blocked", "errant transactions", "Warning"))
    assert api.answered.wait(10)
    assert api.asked[0].startswith("POST /api/v1/namespaces/shop/events")
