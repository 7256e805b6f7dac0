"""The command line: what it refuses, when it ends, and how."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from faults import campaign, cli, facts, results
from faults.schedule import Choice, Target, steps
from test_faults_report import RESULT, changed
from typer.testing import CliRunner

from sandbox.errors import SandboxError

RUN = ["run", "--seed", "1", "--faults", "kill-mysqld"]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[int, dict[str, object]]]:
    """Runs `run` with a stage where everything happens as told; returns the exit status and what run.json holds."""

    def invoked(*outcomes: results.Result | BaseException) -> tuple[int, dict[str, object]]:
        @contextmanager
        def stage(_plan: campaign.Plan, _folder: Path) -> Generator[object]:
            def run(_steps: object) -> Generator[results.Result]:
                return happening(outcomes)

            yield SimpleNamespace(deployment=SimpleNamespace(namespace="a"), run=run)

        monkeypatch.setattr(campaign, "stage", stage)
        monkeypatch.setattr(cli.status, "collect", Mock(return_value=Mock(state="running", versions={})))
        monkeypatch.setattr(facts, "revision", lambda: "abc")
        done = CliRunner().invoke(cli.app, [*RUN, "--folder", str(tmp_path)])
        (file,) = tmp_path.glob("*/run.json")
        return done.exit_code, json.loads(file.read_text())

    return invoked


def happening(outcomes: tuple[results.Result | BaseException, ...]) -> Generator[results.Result]:
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        yield outcome


Invoke = Callable[..., tuple[int, dict[str, object]]]


def test_a_run_without_findings_succeeds(invoke: Invoke) -> None:
    exit_code, kept = invoke(RESULT, changed(number=2))
    assert exit_code == 0
    assert len(kept["results"]) == 2  # type: ignore[arg-type]
    assert kept["seed"] == 1


@pytest.mark.parametrize("kind", ["lost", "double_primaries", "other_findings"])
def test_a_finding_of_any_judge_is_a_failure(invoke: Invoke, kind: str) -> None:
    exit_code, _kept = invoke(changed(**{kind: ["something"]}))
    assert exit_code == cli.FOUND


@pytest.mark.parametrize("problem", [TimeoutError("not healthy"), SandboxError("no node"), AssertionError("gone")])
def test_a_cluster_that_is_not_well_again_is_a_failure(invoke: Invoke, problem: Exception) -> None:
    exit_code, kept = invoke(RESULT, problem)
    assert exit_code == cli.FOUND
    assert str(problem) in str(kept["problem"])
    assert len(kept["results"]) == 1  # type: ignore[arg-type]


def test_an_interrupted_run_keeps_what_it_measured(invoke: Invoke) -> None:
    exit_code, kept = invoke(RESULT, KeyboardInterrupt())
    assert exit_code == 130
    assert kept["problem"] == "interrupted"
    assert len(kept["results"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--faults", "bogus"], "kill-mysqld"),
        (["--faults", "clock-jump"], "time of day"),
        (["--faults", "none", "--without", "none"], "no fault is left"),
        (["--topology", "ring"], "semi-sync"),
        (["--hits", "leader"], "primary"),
        (["--duration", "30"], "30m"),
    ],
)
def test_misuse_says_the_way_out(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(cli.app, ["run", *arguments])
    assert isinstance(done.exception, ValueError)
    assert said in str(done.exception)


def test_a_run_ends_with_its_time() -> None:
    endless = steps(1, [Choice("kill", Target.PRIMARY)])
    assert list(campaign.within(endless, 0)) == []
    assert len(list(campaign.within(itertools.islice(endless, 5), None))) == 5
