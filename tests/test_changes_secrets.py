"""No secret is shown, wherever one can be: marked as one, or as plain text where secrets are expected."""

from __future__ import annotations

import base64
import json
from io import StringIO
from typing import Any

import pytest
from changes_steps import report, step
from rich.console import Console

from mysql_k8s.changes import as_json, as_markdown, policies
from mysql_k8s.changes.classify import Report
from mysql_k8s.operate.preview_tree import draw

SECRET = "hunter2-hunter2"
ENCODED = base64.b64encode(SECRET.encode()).decode()


def container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "a:1", **fields}]}}}}


def inputs(value: str) -> list[dict[str, Any]]:
    """The same objects with one value in every place where a secret can be."""
    encoded = base64.b64encode(value.encode()).decode()
    return [
        {"kind": "Secret", "data": {"password": encoded}, "stringData": {"url": f"mysql://app:{value}@host"}},
        {"data": {"app.ini": f"password={value}"}, "kind": "ConfigMap"},
        container(env=[{"name": "DB_PASSWORD", "value": value}]),
        container(args=["--password", value], command=["sh", "-c", f"echo {value}"]),
        {"metadata": {"annotations": {"example.com/token": value}, "labels": {"secret": value}}},
        {"password": value, "nested": {"deep": [{"apiKey": value}]}},
        {"__provider": value, "length": 3},
        {"outputs": {"password": value}},
    ]


KINDS = (
    "core/v1:Secret",
    "core/v1:ConfigMap",
    "apps/v1:StatefulSet",
    "apps/v1:Deployment",
    "core/v1:Service",
    "random:index/randomPassword:RandomPassword",
    "pulumi-python:dynamic/mysql-k8s:GeneratedPassword",
    "example.com/v1:Database",
)


def everything(found: Report) -> str:
    console = Console(width=400, record=True, file=StringIO())
    console.print(draw(found))
    texts = [as_markdown.render(found, "test"), json.dumps(as_json.document(found)), console.export_text()]
    return "\n".join(texts)


@pytest.mark.parametrize("op", ["update", "create", "delete", "replace"])
@pytest.mark.parametrize("place", range(8))
def test_it_is_never_printed(op: str, place: int) -> None:
    old, new = inputs(SECRET)[place], inputs(SECRET[::-1] + "x")[place]
    steps = [step(kind, op, old, new, name=f"n{index}") for index, kind in enumerate(KINDS)]
    blinded = [step(kind, op, inputs("[secret]")[place], new, name=f"b{i}") for i, kind in enumerate(KINDS)]
    text = everything(report(*steps, *blinded))
    for value in (SECRET, ENCODED, SECRET[::-1], "[secret] -> "):
        assert value not in text


MESSAGES = (
    f'Secret "x" is invalid: data[password]: Invalid value: "{SECRET}": must be shorter',
    f'spec.x: Unsupported value: "{SECRET}": supported values: "a"',
    f'PersistentVolumeClaim "x" is invalid: Invalid value: core.Spec{{Password:"{SECRET}"}}: is immutable',
    f"property password value {{{SECRET}}} has a problem: is too short",
    f"Invalid value: {SECRET}: must be a number",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_what_an_error_quotes_is_left_out(message: str) -> None:
    found = report(diagnostics=[{"severity": severity, "message": message} for severity in ("error", "warning")])
    assert len(found.refusals) == 1
    assert SECRET not in everything(found)


def test_what_was_seen_in_a_secret_is_taken_out_of_messages_too() -> None:
    secret = step("core/v1:Secret", "update", {"kind": "Secret"}, {"kind": "Secret", "stringData": {"p": SECRET}})
    found = report(secret, diagnostics=[{"severity": "error", "message": f"cannot log in with {SECRET} and {ENCODED}"}])
    assert "cannot log in with [secret]" in found.refusals[0].message
    event = {"policyEvent": {"message": f"holds {SECRET}", "policyName": "p", "enforcementLevel": "mandatory"}}
    assert SECRET not in everything(policies.judged(found, [json.dumps(event)]))


def test_what_a_program_prints_stays_on_the_terminal() -> None:
    found = report(diagnostics=[{"severity": "info", "message": f"my password is {SECRET}"}])
    assert SECRET not in as_markdown.render(found, "test") + json.dumps(as_json.document(found))


def test_a_setting_that_speaks_of_secrets_is_named_without_its_values() -> None:
    ours = {"metadata": {"labels": {"app.kubernetes.io/part-of": "mysql-k8s"}}}
    old, new = ({**ours, "data": {"my.cnf": f"[mysqld]\nreport_password = {value}\n"}} for value in ("old-one", SECRET))
    steps = [
        step("core/v1:ConfigMap", "create", None, new, name="orders-config-0123456789"),
        step("core/v1:ConfigMap", "delete", old, name="orders-config-9876543210"),
    ]
    found = report(*steps)
    assert found.changes[0].lines == ("my.cnf: report_password: [secret] -> [secret]",)
    assert SECRET not in everything(found)


def test_another_programs_config_map_is_never_shown() -> None:
    old, new = ({"data": {"app.cnf": f"x = {value}\n"}} for value in ("old-one", SECRET))
    steps = [
        step("core/v1:ConfigMap", "create", None, new, name="app-0123456789"),
        step("core/v1:ConfigMap", "delete", old, name="app-9876543210"),
    ]
    assert report(*steps).changes[0].lines == ("app.cnf: another content",)
