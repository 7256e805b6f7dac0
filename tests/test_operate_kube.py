"""The connection to a cluster: every way in which it can be wrong ends in one plain line, and soon."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.exec_stream import exit_status
from mysql_k8s.operate.kube import Kube
from mysql_k8s.operate.namespace import ensure
from mysql_k8s.operate.observe import silence


def kubeconfig(folder: Path, server: str, **changes: Any) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(document | changes))
    return str(file)


class Api(BaseHTTPRequestHandler):
    """A few answers of an API server."""

    answers: ClassVar[dict[str, tuple[int, Any]]]
    created: ClassVar[list[Any]]

    def do_GET(self) -> None:
        status, document = self.answers.get(self.path, (404, {"message": f"{self.path} not found"}))
        self._answer(status, document)

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.created.append(document)
        self._answer(201, document)

    def _answer(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def api() -> Iterator[tuple[str, type[Api]]]:
    class Handler(Api):
        answers: ClassVar[dict[str, tuple[int, Any]]] = {"/version/": (200, {"gitVersion": "v1.34.4"})}
        created: ClassVar[list[Any]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Handler
    server.shutdown()
    server.server_close()
    thread.join()


def failing(kubeconfig: str, context: str | None = None) -> str:
    started = time.monotonic()
    with pytest.raises(OperateError) as caught:
        Kube.connect(kubeconfig, context)
    assert time.monotonic() - started < 8
    assert "\n" not in caught.value.message
    assert "secret-token" not in caught.value.message
    return caught.value.message


def test_a_connection(tmp_path: Path, api: tuple[str, type[Api]]) -> None:
    kube = Kube.connect(kubeconfig(tmp_path, api[0]))
    assert (kube.server, kube.context, kube.version()) == (api[0], "here", "v1.34.4")


def test_no_such_file() -> None:
    assert "does not exist" in failing("/no/such/kubeconfig")


@pytest.mark.parametrize("text", ["", "nonsense", "a: [", "apiVersion: v1\nkind: Config\n"])
def test_no_kubeconfig_at_all(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    assert "cannot be used" in failing(str(file))


def test_an_unknown_context(tmp_path: Path) -> None:
    message = failing(kubeconfig(tmp_path, "http://127.0.0.1:1"), "prod")
    assert "has no context 'prod'; it has: here." in message


def test_a_server_that_refuses(tmp_path: Path) -> None:
    assert "connection refused" in failing(kubeconfig(tmp_path, "http://127.0.0.1:1"))


def test_a_host_that_nobody_knows(tmp_path: Path) -> None:
    assert "cannot be reached" in failing(kubeconfig(tmp_path, "http://no-such-host.invalid"))


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        kube_seconds = pytest.MonkeyPatch()
        kube_seconds.setattr("mysql_k8s.operate.kube.READ_SECONDS", 1)
        assert "no answer in time" in failing(kubeconfig(tmp_path, address))
        kube_seconds.undo()


def test_credentials_that_are_not_accepted(tmp_path: Path, api: tuple[str, type[Api]]) -> None:
    api[1].answers["/version/"] = (401, {"message": "Unauthorized"})
    assert "credentials" in failing(kubeconfig(tmp_path, api[0]))


def test_what_is_absent_is_none(tmp_path: Path, api: tuple[str, type[Api]]) -> None:
    kube = Kube.connect(kubeconfig(tmp_path, api[0]))
    assert kube.stateful_set("shop", "orders") is None
    assert kube.namespace("shop") is None


def test_what_is_forbidden_says_what_was_asked(tmp_path: Path, api: tuple[str, type[Api]]) -> None:
    said = 'pods is forbidden: User "u" cannot list resource "pods"'
    api[1].answers["/api/v1/namespaces/shop/pods?labelSelector=a%3Db"] = (403, {"message": said})
    kube = Kube.connect(kubeconfig(tmp_path, api[0]))
    with pytest.raises(OperateError, match="cannot list resource"):
        kube.pods("shop", "a=b")


# --- the namespace --------------------------------------------------------------------------------------------------


def test_an_absent_namespace_is_made_restricted(tmp_path: Path, api: tuple[str, type[Api]]) -> None:
    said: list[str] = []
    ensure(Kube.connect(kubeconfig(tmp_path, api[0])), "shop", said.append)
    [made] = api[1].created
    assert made["metadata"]["name"] == "shop"
    assert made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert said == ["Created namespace shop."]


def test_a_namespace_that_is_there_is_left_alone(tmp_path: Path, api: tuple[str, type[Api]]) -> None:
    api[1].answers["/api/v1/namespaces/shop"] = (200, {"status": {"phase": "Active"}})
    ensure(Kube.connect(kubeconfig(tmp_path, api[0])), "shop", print)
    assert api[1].created == []


def test_a_namespace_that_is_being_deleted_stops_the_run(tmp_path: Path, api: tuple[str, type[Api]]) -> None:
    api[1].answers["/api/v1/namespaces/shop"] = (200, {"status": {"phase": "Terminating"}})
    with pytest.raises(OperateError, match="is being deleted"):
        ensure(Kube.connect(kubeconfig(tmp_path, api[0])), "shop", print)


# --- exec -----------------------------------------------------------------------------------------------------------


def test_exit_statuses() -> None:
    assert exit_status(b'{"status": "Success"}') == 0
    causes = [{"reason": "ExitCode", "message": "3"}]
    assert exit_status(json.dumps({"status": "Failure", "details": {"causes": causes}}).encode()) == 3


def test_a_command_that_could_not_be_run() -> None:
    with pytest.raises(OperateError, match="could not be run: container not found"):
        exit_status(b'{"status": "Failure", "message": "container not found"}')


def test_a_stream_that_broke() -> None:
    with pytest.raises(OperateError, match="ended before the command did"):
        exit_status(b"")


def test_the_reason_for_silence_is_short() -> None:
    assert silence("Post https://10.0.0.1: dial tcp 10.0.0.1:10250: connect: refused") == "its node cannot be reached"
    assert silence("Traceback\nOSError: no socket") == "the agent does not answer: OSError: no socket"
