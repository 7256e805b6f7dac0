"""The workflows keep their promises: pinned actions, least permissions, no untrusted text in scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
WRITES = {
    ("pull-request", "comment"): {"pull-requests"},
    ("drift", "report"): {"issues"},
    ("pull-request", "preview"): {"id-token"},
    ("drift", "drift"): {"id-token"},
    ("deploy", "staging"): {"id-token"},
    ("deploy", "prod"): {"id-token"},
    ("stack", "run"): {"id-token"},
}
"""Every job that may write something. `id-token` proves who a job is, and changes nothing."""


def load(file: Path) -> dict[Any, Any]:
    return yaml.safe_load(file.read_text())


def triggers(workflow: dict[Any, Any]) -> set[str]:
    on = workflow[True]  # YAML 1.1 reads `on` as a truth value
    return {on} if isinstance(on, str) else set(on)


WORKFLOWS = {file.stem: load(file) for file in FILES}
JOBS = [(name, key, job) for name, workflow in WORKFLOWS.items() for key, job in workflow["jobs"].items()]
STEPS = [(name, step) for name, _, job in JOBS for step in job.get("steps", [])]


def scripts() -> Iterator[tuple[str, str]]:
    for name, step in STEPS:
        if "run" in step:
            yield name, step["run"]
    for file in (ROOT / ".github" / "scripts").iterdir():
        if file.is_file():
            yield file.name, file.read_text()


def test_they_are_found() -> None:
    assert set(WORKFLOWS) == {"test", "stack", "pull-request", "deploy", "drift"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_commit_and_says_its_version(file: Path) -> None:
    for line in file.read_text().splitlines():
        if used := re.search(r"\buses: (.*)", line):
            assert re.fullmatch(
                r"[\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+|\./\.github/workflows/\w+\.yml", used[1]
            )


def test_one_commit_for_each_action() -> None:
    pinned = {step["uses"] for _, step in STEPS if "uses" in step}
    assert len(pinned) == len({each.split("@")[0] for each in pinned})


def test_workflows_that_are_called_exist() -> None:
    called = [job["uses"] for _, _, job in JOBS if "uses" in job]
    assert called and all((ROOT / each).is_file() for each in called)


def test_nothing_is_permitted_unless_a_job_says_so() -> None:
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {}
    found = {
        (name, key): {scope for scope, access in job["permissions"].items() if access == "write"}
        for name, key, job in JOBS
    }
    assert {each: scopes for each, scopes in found.items() if scopes} == WRITES


def test_every_job_has_an_end() -> None:
    assert all("timeout-minutes" in job for _, _, job in JOBS if "uses" not in job)


def test_code_of_others_never_runs_with_our_secrets() -> None:
    for workflow in WORKFLOWS.values():
        assert not triggers(workflow) & {"pull_request_target", "workflow_run", "issue_comment"}
    preview = WORKFLOWS["pull-request"]["jobs"]["preview"]
    assert preview["if"] == "${{ !github.event.pull_request.head.repo.fork }}"
    for name, step in STEPS:
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False, name


def test_no_expression_is_part_of_a_script() -> None:
    """What stands in `${{ }}` becomes code. As an environment variable it stays text."""
    for name, script in scripts():
        assert "${{" not in script, name


def test_secrets_go_to_the_one_step_that_needs_them() -> None:
    for name, key, job in JOBS:
        assert "secrets." not in str(job.get("env", {})), (name, key)
        assert "inherit" not in str(job.get("secrets", "")), (name, key)
    holders = [step["run"] for _, step in STEPS if "secrets." in str(step)]
    assert holders == ["make up", "sh .github/scripts/look.sh"]


def test_a_stack_is_changed_by_one_run_at_a_time_and_to_its_end() -> None:
    concurrency = WORKFLOWS["stack"]["jobs"]["run"]["concurrency"]
    assert concurrency["cancel-in-progress"] is False
    assert concurrency["group"] == "${{ inputs.command == 'up' && 'stack' || github.run_id }}-${{ inputs.stack }}"
    assert "concurrency" not in WORKFLOWS["deploy"], "a newer push must not end a running one"


def test_production_comes_after_staging_and_staging_after_the_tests() -> None:
    jobs = WORKFLOWS["deploy"]["jobs"]
    assert (jobs["staging"]["needs"], jobs["prod"]["needs"]) == ("test", "staging")
    for stack in ("staging", "prod"):
        assert jobs[stack]["with"] == {"stack": stack, "environment": stack, "command": "up"}


def test_who_only_looks_does_so_as_somebody_else() -> None:
    for name, command in (("pull-request", "preview"), ("drift", "drift")):
        job = WORKFLOWS[name]["jobs"][command]
        assert job["with"]["environment"] == "${{ matrix.stack }}-preview"
        assert job["strategy"]["matrix"]["stack"] == ["staging", "prod"]
        assert all((ROOT / f"Pulumi.{stack}.yaml").is_file() for stack in job["strategy"]["matrix"]["stack"])


def test_every_command_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {word for _, script in scripts() for word in re.findall(r"\bmake (?:--silent )?([a-z-]+)", script)}
    assert used and used <= targets
    files = {file for _, script in scripts() for file in re.findall(r"\.(?:github/scripts|ci)/[\w.]+", script)}
    assert files and all((ROOT / file).is_file() for file in files)
    commands = set(re.findall(r'"(\w+)"', (FOLDER / "stack.yml").read_text())) | {"preview", "drift"}
    look = (ROOT / ".github/scripts/look.sh").read_text()
    assert all(f"    {command})" in look for command in commands & {"preview", "drift"})


def test_the_tests_run_with_the_oldest_pulumi_that_the_package_takes() -> None:
    (pulumi,) = [step["with"]["pulumi-version"] for _, step in STEPS if "pulumi-version" in step.get("with", {})]
    assert f'"pulumi>={pulumi.rpartition(".")[0]}' in (ROOT / "pyproject.toml").read_text()
