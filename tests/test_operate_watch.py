"""Watching the pods while pulumi waits: what ends the wait early, and what does not."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from mysql_k8s.operate import observe, progress, routers, watch
from mysql_k8s.operate.diagnose import diagnose
from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.kube import Kube
from mysql_k8s.operate.problems import Kind, Observed, Problem
from mysql_k8s.operate.target import Target
from mysql_k8s.operate.up import failure
from mysql_k8s.operate.watch import Outcome, Watch

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "test_operate_recorded.json").read_text())


class Clock:
    """Time passes only while somebody waits for the process."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class Process:
    def __init__(self, clock: Clock, seconds: float, status: int = 0) -> None:
        self.clock, self.seconds, self.status = clock, seconds, status
        self.interrupted = False

    def wait(self, seconds: float | None) -> int | None:
        self.clock.now += seconds or 0
        return self.status if self.clock.now >= self.seconds else None

    def end(self) -> int:
        self.interrupted = True
        return 255


class Cluster(Kube):
    """What the watch asks of the API, without an API."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def log_tail(self, namespace: str, pod: str, container: str, lines: int = 8) -> list[str]:
        return ["unknown variable 'no_such=1'", "Aborting"]

    def delete_pod(self, namespace: str, name: str) -> None:
        self.deleted.append(name)


class Scene:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.kube = Cluster()
        self.said: list[str] = []
        self.looks: list[Observed | None] = []
        self.of_routers: list[Problem] = []
        monkeypatch.setattr(watch.time, "monotonic", self.clock.monotonic)
        monkeypatch.setattr(observe, "objects", self.look)
        monkeypatch.setattr(routers, "problems", lambda *_: self.of_routers)  # pyright: ignore[reportUnknownLambdaType]
        monkeypatch.setattr(observe, "ask", lambda *_: observe.Answers({}, {}))  # pyright: ignore[reportUnknownLambdaType]

    def look(self, *_: object) -> Observed:
        seen = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if seen is None:
            raise OperateError("the API does not answer")
        return copy.deepcopy(seen)

    def run(self, process: Process) -> Outcome:
        return Watch(self.kube, Target("m", "shop"), self.said.append).run(process)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def recorded(name: str) -> Observed:
    return Observed(**copy.deepcopy(RECORDED[name]))


def test_a_good_run_ends_by_itself(scene: Scene) -> None:
    scene.looks = [recorded("good")]
    process = Process(scene.clock, 40)
    assert scene.run(process) == Outcome(0)
    assert not process.interrupted
    assert scene.said == []


def test_a_lasting_problem_interrupts_pulumi_long_before_it_gives_up(scene: Scene) -> None:
    scene.looks = [recorded("image")]
    process = Process(scene.clock, 900)
    outcome = scene.run(process)
    assert process.interrupted
    assert outcome.status == 1
    assert outcome.problem and outcome.problem.kind is Kind.IMAGE
    assert 25 <= scene.clock.now <= 30


def test_a_router_that_cannot_start_interrupts_too(scene: Scene) -> None:
    scene.looks = [recorded("good")]
    scene.of_routers = diagnose(recorded("image"))
    outcome = scene.run(Process(scene.clock, 900))
    assert outcome.problem and outcome.problem.kind is Kind.IMAGE
    assert 25 <= scene.clock.now <= 30


def test_a_crash_comes_with_its_last_log_lines(scene: Scene) -> None:
    scene.looks = [recorded("crash")]
    outcome = scene.run(Process(scene.clock, 900))
    message = failure(outcome)
    assert "pod m-crash, container mysqld" in message
    assert "  | unknown variable 'no_such=1'\n  | Aborting" in message


def test_a_problem_that_passes_does_not_interrupt(scene: Scene) -> None:
    scene.looks = [*[recorded("mount")] * 10, recorded("good")]
    process = Process(scene.clock, 80)
    assert scene.run(process) == Outcome(0)
    assert not process.interrupted


def test_a_server_that_does_not_answer_for_a_moment_is_left_to_pulumi(scene: Scene) -> None:
    scene.looks = [None]
    assert scene.run(Process(scene.clock, 60, status=255)) == Outcome(255)


def test_a_broken_pod_of_an_earlier_revision_makes_way(scene: Scene) -> None:
    broken = recorded("image")
    broken.pods[0]["metadata"]["labels"] = {"controller-revision-hash": "m-old"}
    newer = {"metadata": {"name": "m", "uid": "m"}, "spec": {"replicas": 1}, "status": {"updateRevision": "m-new"}}
    stuck = Observed(stateful_set=newer, pods=broken.pods)
    scene.looks = [*[stuck] * 15, recorded("good")]
    process = Process(scene.clock, 60)
    assert scene.run(process) == Outcome(0)
    assert set(scene.kube.deleted) == {"m-image"}


def test_pulumi_failing_by_itself_points_to_its_message() -> None:
    assert "its message is above" in failure(Outcome(255))


def test_progress_is_said_when_it_changes() -> None:
    before = {"m-0": "ready", "m-1": "waits for a node"}
    now = {"m-0": "ready", "m-1": "taking all data from m-0 (40 %)", "m-2": "ready"}
    assert progress.changed(before, now) == ["m-1: taking all data from m-0 (40 %)"]


def test_progress_of_a_clone_is_said_in_steps() -> None:
    seen = recorded("image")
    seen.states["m-image"] = {"doing": "taking all data from m-0", "clone": {"percent": 47}}
    assert progress.lines(seen) == {"m-image": "taking all data from m-0 (40 %)"}
