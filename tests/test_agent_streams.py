"""How a member's data goes to another one: who may have it, and what is taken for complete. No server is needed."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from agent_facts import settings
from mysqld_members import write_certificates

from mysql_k8s.agent import copying, jobs, server
from mysql_k8s.agent.donor import Donor, backup, is_member
from mysql_k8s.agent.jobs import Job, JobFailed
from mysql_k8s.agent.server import Endpoints, Streaming

SETTINGS = settings()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The members' certificates, and a folder of another CA's."""
    write_certificates(tmp_path / "tls", [f"*.{SETTINGS.service}.{SETTINGS.namespace}.svc", "127.0.0.1"])
    write_certificates(tmp_path / "strange", [f"*.{SETTINGS.service}.{SETTINGS.namespace}.svc"])
    for module in (copying, server):
        monkeypatch.setattr(module, "TLS_FOLDER", tmp_path / "tls")
    monkeypatch.setattr(jobs, "FOLDER", tmp_path / "jobs")
    return tmp_path


class Served:
    """Endpoints that stream ``chunks`` to members; ``broken``: they fail in the middle."""

    def __init__(self, *chunks: bytes, broken: bool = False) -> None:
        self.over = threading.Event()
        self._chunks = chunks
        self._broken = broken
        self.endpoints = Endpoints({}, {copying.BACKUP_PATH: self._serve}, port=0)
        self.endpoints.start()

    @property
    def port(self) -> int:
        return self.endpoints.server_address[1]

    def _serve(self, names: object) -> server.Answer | Streaming:
        if not is_member(tuple(names), SETTINGS):  # type: ignore[arg-type]
            return 403, "no\n"
        return Streaming({copying.EXPECTED: "7"}, self._stream(), self.over.set)

    def _stream(self) -> Generator[bytes]:
        yield from self._chunks
        if self._broken:
            raise JobFailed("the backup ended with status 1")


@pytest.fixture
def served() -> Iterator[list[Served]]:
    made: list[Served] = []
    yield made
    for each in made:
        each.endpoints.shutdown()
        each.endpoints.server_close()


def connection(port: int, monkeypatch: pytest.MonkeyPatch) -> http.client.HTTPSConnection:
    monkeypatch.setattr(copying, "AGENT_PORT", port)
    return copying.connection_to("127.0.0.1")


def test_a_member_gets_all_of_it(tls: Path, served: list[Served], monkeypatch: pytest.MonkeyPatch) -> None:
    served.append(Served(b"abc", b"defg"))
    response = copying.ask(connection(served[0].port, monkeypatch), copying.BACKUP_PATH)
    assert response.headers[copying.EXPECTED] == "7"
    assert response.read() == b"abcdefg"
    assert served[0].over.wait(5)


def test_a_stream_that_breaks_is_never_taken_for_complete(
    tls: Path, served: list[Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    served.append(Served(b"abc", broken=True))
    response = copying.ask(connection(served[0].port, monkeypatch), copying.BACKUP_PATH)
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    assert served[0].over.wait(5), "the next member may have its turn"


@pytest.mark.parametrize(("status", "problem"), [(503, copying.Busy), (403, jobs.JobFailed)])
def test_who_is_busy_is_asked_again(
    status: int, problem: type[jobs.JobFailed], tls: Path, served: list[Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    served.append(Served(b"abc"))
    served[0].endpoints.streams = {copying.BACKUP_PATH: lambda _: (status, "not now\n")}
    with pytest.raises(jobs.JobFailed, match="not now") as refused:
        copying.ask(connection(served[0].port, monkeypatch), copying.BACKUP_PATH)
    assert refused.type is problem


def test_a_certificate_of_another_authority_is_refused(
    tls: Path, served: list[Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    served.append(Served(b"abc"))
    (tls / "strange" / "ca.crt").write_bytes((tls / "tls" / "ca.crt").read_bytes())
    monkeypatch.setattr(copying, "TLS_FOLDER", tls / "strange")
    with pytest.raises(OSError):
        copying.ask(connection(served[0].port, monkeypatch), copying.BACKUP_PATH).read()
    assert not served[0].over.is_set()


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("*.{service}.{namespace}.svc", True),
        ("{name}-0.{service}.{namespace}.svc", True),
        ("{name}-12.{service}.{namespace}.svc", True),
        ("{name}-primary.{namespace}.svc", False),
        ("{name}-x.{service}.{namespace}.svc", False),
        ("{name}-0.{service}.{namespace}.svc.example.com", False),
        ("{name}-0x{service}.{namespace}.svc", False),
        ("*.{service}.other.svc", False),
        ("*", False),
    ],
)
def test_whose_certificate_is_a_members(name: str, member: bool) -> None:
    text = name.format(name=SETTINGS.name, service=SETTINGS.service, namespace=SETTINGS.namespace)
    assert is_member([text], SETTINGS) is member


def test_without_a_certificate_there_is_no_data() -> None:
    answer = Donor(lambda: SETTINGS).serve([])
    assert isinstance(answer, tuple)
    assert answer[0] == 403


def test_one_stream_at_a_time(tls: Path) -> None:
    giving = Donor(lambda: SETTINGS, tls / "jobs", tls / "no-server.sock")
    name = [f"*.{SETTINGS.service}.{SETTINGS.namespace}.svc"]
    first = giving.serve(name)
    assert isinstance(first, Streaming)
    second = giving.serve(name)
    assert isinstance(second, tuple)
    assert second[0] == 503
    first.chunks.close()
    first.over()
    third = giving.serve(name)
    assert isinstance(third, Streaming)
    third.over()


class Container(threading.Thread):
    """Takes up one job, as jobs.sh does: ``gives`` goes into the pipe, or what comes out of it is ``got``."""

    def __init__(self, folder: Path, gives: bytes | None, status: int = 0) -> None:
        super().__init__(daemon=True)
        self._folder, self._gives, self._status = folder, gives, status
        self.got = b""
        self.start()

    def run(self) -> None:
        while not (found := list(self._folder.glob("*/request"))):
            time.sleep(0.01)
        job = found[0].parent
        found[0].unlink()
        if self._gives is None:
            self.got = (job / "stream").read_bytes()
        else:
            (job / "stream").write_bytes(self._gives)
        (job / "log").write_text("what went wrong")
        (job / "status").write_text(f"{self._status}\n")


def test_a_backup_is_what_the_job_wrote(tls: Path) -> None:
    Container(tls / "jobs", b"x" * 300_000)
    assert b"".join(backup(tls / "jobs")) == b"x" * 300_000
    assert not list((tls / "jobs").iterdir())


def test_a_backup_that_failed_is_no_end_of_a_stream(tls: Path) -> None:
    Container(tls / "jobs", b"half", status=1)
    with pytest.raises(JobFailed, match="give ended with status 1: what went wrong"):
        list(backup(tls / "jobs"))


def test_what_is_written_arrives(tls: Path) -> None:
    container = Container(tls / "jobs", None)
    with Job("take") as job:
        copying.write(job.open_for_writing(), b"y" * 200_000)
        job.close_stream()
        job.finish(10)
    container.join(5)
    assert container.got == b"y" * 200_000


def test_a_restarted_container_ends_the_wait(tls: Path) -> None:
    with Job("prepare") as job:
        threading.Timer(0.3, lambda: jobs.release(job.folder)).start()
        with pytest.raises(JobFailed, match="restarted"):
            job.finish(30)


def test_whoever_waits_at_a_pipe_of_a_killed_agent_is_let_go(tls: Path) -> None:
    left = tls / "jobs/take-1"
    left.mkdir(parents=True)
    os.mkfifo(left / "stream")
    waiting = threading.Thread(target=(left / "stream").read_bytes, daemon=True)
    waiting.start()
    time.sleep(0.3)
    jobs.release_all()
    waiting.join(5)
    assert not waiting.is_alive()
    assert not left.exists()


@pytest.mark.parametrize("noted", ["", "binlog.000001 4", "binlog.000001\t4\t0-1-2 more"])
def test_a_copy_without_a_position_is_refused(noted: str) -> None:
    with pytest.raises(JobFailed, match="no GTID position"):
        copying.position_of(noted)
