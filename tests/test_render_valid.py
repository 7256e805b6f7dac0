"""The rendered manifests against the schemas of several versions of Kubernetes, and what linters say of them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils

from mysql_k8s.render import stacks
from mysql_k8s.render.errors import RenderError
from mysql_k8s.render.lint import (
    Accepted,
    Finding,
    checkov_findings,
    kube_score_findings,
    problems,
    read_accepted,
)

ROOT = Path(__file__).parent.parent
VERSIONS = ("1.29", "1.31", "1.34", "1.37")
"""The oldest that starts native sidecars by default, the one of the local cluster, and newer ones."""


@pytest.fixture(scope="module", autouse=True)
def schemas_are_read_once() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
        yield


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("stack", stacks.names(ROOT))
def test_kubernetes_knows_every_field(stack: str, version: str) -> None:
    manifests = list(yaml.safe_load_all(stacks.golden(ROOT, stack).read_text()))
    assert len(manifests) > 10
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_an_unknown_field_would_be_found() -> None:
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringdata": {}}
    with pytest.raises(kubernetes_validate.ValidationError, match="stringdata"):
        kubernetes_validate.validate(manifest, VERSIONS[0], strict=True)


FOUND = Finding("prod", "kube-score", "container-resources", "StatefulSet/mysql", "agent", "CPU limit is not set")


def test_a_finding_needs_a_reason_and_a_reason_its_finding() -> None:
    accepted = Accepted(("prod",), "kube-score", "container-resources", "StatefulSet/mysql", "agent", "throttling")
    assert problems([FOUND], [accepted]) == []
    assert problems([FOUND], []) == [
        "prod: kube-score container-resources: StatefulSet/mysql, agent: CPU limit is not set"
    ]
    for other in ({"stack": "dev"}, {"part": "mysqld"}, {"check": "x"}, {"object": "StatefulSet/x"}):
        new, unused = problems([FOUND._replace(**other)], [accepted])
        assert "take the reason away" in unused
        assert new == str(FOUND._replace(**other))
    assert problems([FOUND], [accepted._replace(object="StatefulSet/*")]) == []
    (unused,) = problems([FOUND], [accepted._replace(stacks=("prod", "dev"))])
    assert "dev has no such finding any more" in unused


def test_the_reviewed_reasons_are_complete() -> None:
    accepted = read_accepted(stacks.accepted(ROOT).read_text())
    assert len(accepted) == len({each[:5] for each in accepted})
    assert {stack for each in accepted for stack in each.stacks} <= set(stacks.names(ROOT))
    row = "- {linter: x, check: y, object: z, stacks: [dev]"
    with pytest.raises(RenderError, match="without its reason"):
        read_accepted(row + "}")
    with pytest.raises(RenderError, match="without a reason"):
        read_accepted(row + ", reason: ' '}")


def test_findings_are_read_as_the_linters_print_them() -> None:
    comment = {"path": "agent", "summary": "CPU limit is not set"}
    check = {"check": {"id": "container-resources", "name": "x"}, "skipped": False, "grade": 1, "comments": [comment]}
    passed = {**check, "grade": 10}
    scored = {
        "type_meta": {"kind": "StatefulSet"},
        "object_meta": {"name": "mysql"},
        "checks": [check, passed, {**check, "skipped": True}],
    }
    assert kube_score_findings("prod", [scored]) == [FOUND]
    failed = {
        "file_path": "/rendered/prod.yaml",
        "check_id": "CKV_K8S_11",
        "check_name": "CPU limits should be set",
        "resource": "StatefulSet.mysql.mysql",
    }
    expected = Finding("prod", "checkov", "CKV_K8S_11", "StatefulSet/mysql", "", "CPU limits should be set")
    for answer in ({"results": {"failed_checks": [failed]}}, [{"results": {"failed_checks": [failed]}}]):
        assert checkov_findings(answer) == [expected]
    assert checkov_findings({"passed": 0}) == []
