"""What the workflows' scripts do, run as the workflows run them, against a server that answers as GitHub does."""

from __future__ import annotations

import base64
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

SCRIPTS = Path(__file__).parent.parent / ".github" / "scripts"
MARKER = "<!-- mysql-k8s previews -->"
BOT = {"type": "Bot"}
PERSON = {"type": "User"}


class GitHub(http.server.ThreadingHTTPServer):
    """Comments and issues as GitHub keeps them, as far as the scripts use that."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.token = ""
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(path.query).items()}
        self.server.asked.append(f"{self.headers['Authorization']} {self.path}")
        if path.path == "/token":
            self._answer({"value": self.server.token})
            return
        found = self.server.comments if path.path.endswith("/comments") else self.server.issues
        if query.get("state") == "open":
            found = [each for each in found if each.get("state") == "open"]
        start = (int(query["page"]) - 1) * int(query["per_page"])
        self._answer(found[start : start + int(query["per_page"])])

    def do_POST(self) -> None:
        kept = self.server.comments if self.path.endswith("/comments") else self.server.issues
        number = len(kept) + 1
        kept.append({"id": number, "number": number, "state": "open", "user": BOT, **self._document()})
        self._answer(kept[-1])

    def do_PATCH(self) -> None:
        kept = self.server.comments if "/comments/" in self.path else self.server.issues
        number = int(self.path.rpartition("/")[2])
        (entry,) = [each for each in kept if each["number"] == number]
        entry.update(self._document())
        self._answer(entry)

    def _document(self) -> dict[str, Any]:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at what was kept."""


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPTS / script, *arguments], env={"PATH": os.environ["PATH"], **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def post(github: GitHub, file: Path, text: str, *arguments: str) -> None:
    file.write_text(text)
    done = run(
        "post.py", *arguments, str(file),
        GITHUB_API_URL=github.url, GITHUB_REPOSITORY="shop/mysql", GITHUB_TOKEN="t0ken",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_one_comment_is_edited_in_place(github: GitHub, tmp_path: Path) -> None:
    github.comments += [{"id": n, "number": n, "user": PERSON, "body": f"{MARKER} quoted"} for n in range(1, 131)]
    for text in ("first", "second"):
        post(github, tmp_path / "comment.md", f"{MARKER}\n{text}", "comment", "7")
    ours = [each["body"] for each in github.comments if each["user"] == BOT]
    assert ours == [f"{MARKER}\nsecond"]
    assert github.asked[0] == "Bearer t0ken /repos/shop/mysql/issues/7/comments?per_page=100&page=1"


def test_a_comment_that_is_too_long_is_cut(github: GitHub, tmp_path: Path) -> None:
    post(github, tmp_path / "comment.md", f"{MARKER}\n{'x' * 70_000}", "comment", "7")
    (comment,) = github.comments
    assert len(comment["body"]) < 65_536 and "cut off here" in comment["body"]


def test_one_issue_says_that_there_is_drift_until_there_is_none(github: GitHub, tmp_path: Path) -> None:
    file = tmp_path / "issue.md"
    github.issues.append({"number": 1, "user": BOT, "body": f"{MARKER}\nx", "state": "open", "pull_request": {}})
    for text in ("prod differs", "staging too"):
        post(github, file, f"{MARKER}\n{text}", "issue", "Drift")
    assert [(each["state"], each["body"]) for each in github.issues[1:]] == [("open", f"{MARKER}\nstaging too")]
    post(github, file, f"{MARKER}\nall well", "close")
    assert [each["state"] for each in github.issues] == ["open", "closed"]
    post(github, file, f"{MARKER}\nagain", "issue", "Drift")
    assert [each["state"] for each in github.issues] == ["open", "closed", "open"]


def test_a_text_without_a_marker_is_refused(github: GitHub, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"must begin with a marker"):
        post(github, tmp_path / "comment.md", "hello", "comment", "7")
    assert github.comments == []


def identity_token(seconds: int) -> str:
    """The shape of GitHub's: three parts, of which the second says when it ends. Nobody checks the signature here."""
    parts = [{"alg": "RS256"}, {"sub": "repo:shop/mysql:environment:prod", "exp": int(time.time()) + seconds}, {}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts)


def test_the_cluster_gets_the_jobs_identity_and_the_file_holds_no_secret(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes import config

    github.token = identity_token(300)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{github.url}/token?api-version=2.0")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-t0ken")
    monkeypatch.setenv("KUBE_AUDIENCE", "our cluster")
    file = tmp_path / "kubeconfig"
    done = run("kubeconfig.py", KUBECONFIG=str(file), KUBE_SERVER="https://cluster.example:6443", KUBE_CA="-----")
    assert done.returncode == 0, done.stderr
    assert "t0ken" not in file.read_text() and github.asked == []

    configuration = config.new_client_from_config(str(file)).configuration
    assert configuration.host == "https://cluster.example:6443"
    assert [each["value"] for each in configuration.auth_settings().values()] == [f"Bearer {github.token}"]
    assert github.asked[0] == "bearer request-t0ken /token?api-version=2.0&audience=our%20cluster"


def test_a_token_says_when_the_next_one_is_needed(github: GitHub) -> None:
    github.token = identity_token(300)
    done = run(
        "kube_token.py", ACTIONS_ID_TOKEN_REQUEST_URL=f"{github.url}/token?a=b", ACTIONS_ID_TOKEN_REQUEST_TOKEN="r"
    )
    status = json.loads(done.stdout)["status"]
    assert status["token"] == github.token
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status["expirationTimestamp"])


def test_what_the_job_lacks_is_said() -> None:
    done = run("kube_token.py")
    assert done.returncode == 1
    assert "permissions: id-token: write" in done.stderr
    done = run("kubeconfig.py", KUBECONFIG="nowhere", KUBE_SERVER="https://cluster.example")
    assert done.returncode == 1
    assert "lacks KUBE_CA" in done.stderr and "docs/pull-requests.md" in done.stderr
