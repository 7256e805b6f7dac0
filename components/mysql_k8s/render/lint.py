"""Linters of other people over the rendered manifests, and the reasons for what is accepted."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from .errors import RenderError

KUBE_SCORE = "kube-score"
CHECKOV = "checkov"

_ACCEPTABLE = 10
"""kube-score's best grade."""


class Finding(NamedTuple):
    """What a linter says of an object of a stack. ``part``: a container, or nothing."""

    stack: str
    linter: str
    check: str
    object: str
    part: str
    problem: str

    def __str__(self) -> str:
        part = f", {self.part}" if self.part else ""
        return f"{self.stack}: {self.linter} {self.check}: {self.object}{part}: {self.problem}"


class Accepted(NamedTuple):
    """A finding that stays, and why. It holds for one check of one part of an object, in the stacks that are named.

    ``object``: a pattern, as the shell's, since clusters differ in their names.
    """

    stacks: tuple[str, ...]
    linter: str
    check: str
    object: str
    part: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        same = (finding.linter, finding.check, finding.part) == (self.linter, self.check, self.part)
        return same and finding.stack in self.stacks and fnmatchcase(finding.object, self.object)

    def __str__(self) -> str:
        part = f", {self.part}" if self.part else ""
        return f"{', '.join(self.stacks)}: {self.linter} {self.check}: {self.object}{part}"


def problems(found: Sequence[Finding], accepted: Sequence[Accepted]) -> list[str]:
    """What must be put right: a finding that nobody accepted, and a reason that has outlived its finding (pure)."""
    new = [f"{each}" for each in found if not any(reason.covers(each) for reason in accepted)]
    unused = [
        f"{each}: {stack} has no such finding any more; take the reason away"
        for each in accepted
        for stack in each.stacks
        if not any(each._replace(stacks=(stack,)).covers(finding) for finding in found)
    ]
    return sorted(new) + sorted(unused)


def read_accepted(text: str) -> list[Accepted]:
    """The reviewed file: a list of findings, each with its reason. Raises RenderError if one is incomplete (pure)."""
    rows = cast("list[Mapping[str, Any]]", yaml.safe_load(text) or [])
    return [each for row in rows for each in _accepted(row)]


def _accepted(row: Mapping[str, Any]) -> Iterator[Accepted]:
    try:
        stacks, reason = tuple(row["stacks"]), str(row["reason"]).strip()
        for part in row.get("parts", [""]):
            yield Accepted(stacks, row["linter"], row["check"], row["object"], part, reason)
    except KeyError as error:
        raise RenderError(f"A finding is accepted without its {error.args[0]}: {dict(row)}.") from None
    if not reason:
        raise RenderError(f"A finding is accepted without a reason: {dict(row)}.")


def kube_score(files: Iterable[Path]) -> list[Finding]:
    """What kube-score finds in each stack's file. Raises RenderError if it cannot run."""
    return [
        each
        for file in files
        for each in kube_score_findings(file.stem, _run(KUBE_SCORE, "score", "--output-format", "json", str(file)))
    ]


def kube_score_findings(stack: str, objects: list[dict[str, Any]]) -> list[Finding]:
    """The findings in kube-score's JSON (pure)."""
    return [
        Finding(stack, KUBE_SCORE, check["check"]["id"], _named(scored), path, problem)
        for scored in objects
        for check in scored["checks"]
        if not check["skipped"] and check["grade"] < _ACCEPTABLE
        for path, problem in _comments(check)
    ]


def _comments(check: Mapping[str, Any]) -> list[tuple[str, str]]:
    said = [(comment["path"], comment["summary"]) for comment in check["comments"] or ()]
    return said or [("", check["check"]["name"])]


def _named(scored: Mapping[str, Any]) -> str:
    return f"{scored['type_meta']['kind']}/{scored['object_meta']['name']}"


def checkov(files: Iterable[Path]) -> list[Finding]:
    """What checkov finds in all files. Raises RenderError if it cannot run."""
    named = [argument for file in files for argument in ("--file", str(file))]
    options = ("--framework", "kubernetes", "--output", "json", "--compact", "--quiet", "--skip-download")
    return checkov_findings(_run(CHECKOV, *options, *named))


def checkov_findings(answer: Any) -> list[Finding]:
    """The findings in checkov's JSON (pure)."""
    reports: list[Any] = cast("list[Any]", answer) if isinstance(answer, list) else [answer]
    return [
        Finding(
            Path(failed["file_path"]).stem,
            CHECKOV,
            failed["check_id"],
            "/".join(failed["resource"].split(".")[:1] + failed["resource"].split(".")[2:]),
            "",
            failed["check_name"],
        )
        for report in reports
        for failed in report.get("results", {}).get("failed_checks", [])
    ]


def _run(program: str, *arguments: str) -> Any:
    """The JSON that a linter prints, whatever it says of what it found by its exit status."""
    if shutil.which(program) is None:
        raise RenderError(f"{program} is not on PATH: `make lint-manifests` builds it.")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        words = " ".join((done.stderr or done.stdout).split())[-500:]
        raise RenderError(f"{program} did not answer as expected: {words or f'exit code {done.returncode}'}") from None
