"""What people and programs see of a preview, and with which exit status it ends."""

from __future__ import annotations

import json
import random
from io import StringIO

import pytest
from changes_steps import recorded, report, spec, step
from rich.console import Console

from mysql_k8s.changes import as_json, as_markdown, policies
from mysql_k8s.changes.classify import Report, classify
from mysql_k8s.changes.effect import Effect
from mysql_k8s.operate.growth import Wanted, growing
from mysql_k8s.operate.preview import exit_code
from mysql_k8s.operate.preview_tree import draw

EVIL = "</details><script>|`x`](http://evil) @everyone\n# big"


def tree(found: Report) -> str:
    console = Console(width=200, record=True, file=StringIO())
    console.print(draw(found))
    return console.export_text()


def test_the_tree_has_the_headline_first_and_the_worst_above() -> None:
    lines = tree(classify(recorded("namespace"))).splitlines()
    assert lines[0].startswith("DATA AT RISK: StatefulSet orders; an outage: Service orders")
    places = [next(i for i, line in enumerate(lines) if line.startswith(f"{e} (")) for e in ("data at risk", "outage")]
    assert places == sorted(places)
    assert "\x1b" not in "".join(lines)


def test_the_tree_shows_settings_and_arguments() -> None:
    text = tree(classify(recorded("my-cnf")))
    assert "my.cnf: max_connections: 200 -> 321" in text
    assert "(my_cnf)" in text


@pytest.mark.parametrize("name", ["my-cnf", "namespace", "storage-class", "storage-grows"])
def test_markdown_is_the_same_whatever_the_order_of_the_steps(name: str) -> None:
    document = recorded(name)
    text = as_markdown.render(classify(document), "prod")
    for seed in range(3):
        random.Random(seed).shuffle(document["steps"])
        assert as_markdown.render(classify(document), "prod") == text


def test_markdown_begins_with_a_marker_of_its_stack() -> None:
    found = classify(recorded("my-cnf"))
    assert as_markdown.render(found, "prod").startswith("<!-- mysql-k8s preview prod -->\n### Preview of `prod`\n")
    assert as_markdown.marker("a --> b") == "<!-- mysql-k8s preview a__-__b -->"


def test_markdown_takes_any_name_as_text() -> None:
    found = report(
        step("apps/v1:StatefulSet", "update", spec(replicas=3), spec(replicas=5), name=EVIL),
        diagnostics=[{"severity": "error", "message": f"``` {EVIL}", "urn": f"urn::{EVIL}"}],
    )
    outside = as_markdown.render(found, EVIL).split("````")
    shown = outside[0] + outside[-1]
    assert "<script>" not in shown.replace("`</details><script>", "")
    assert "\n# big" not in shown
    assert "](http" not in shown.replace("'x'](http://evil)", "")


def test_json_says_the_same() -> None:
    document = as_json.document(classify(recorded("storage-grows")))
    assert json.loads(json.dumps(document)) == document
    assert document["effect"] == "storage_grows"
    assert document["changes"][0]["reasons"][0]["values"] == "1Gi -> 2Gi"


@pytest.mark.parametrize(
    ("name", "status"),
    [("my-cnf", 0), ("storage-grows", 0), ("start-order", 1), ("storage-class", 1), ("namespace", 4)],
)
def test_the_exit_status(name: str, status: int) -> None:
    assert exit_code(classify(recorded(name))) == status


def test_policies_refuse_or_advise() -> None:
    def event(level: str, message: str) -> str:
        urn = "urn:pulumi:test::mysql::kubernetes:apps/v1:StatefulSet::orders"
        about = {"resourceUrn": urn, "policyName": "odd-replicas", "enforcementLevel": level, "message": message}
        return json.dumps({"policyEvent": about})

    found = policies.judged(classify({}), [event("mandatory", "even\n number"), event("advisory", "spread"), "{", "3"])
    (refusal,) = found.refusals
    assert (refusal.resource, refusal.message) == ("orders", "even number")
    assert "odd-replicas" in refusal.way_out
    assert found.notes == ("policy odd-replicas, orders: spread",)
    assert (found.effect, exit_code(found)) == (Effect.REFUSED, 1)


def test_the_claims_that_would_grow_are_asked_for() -> None:
    wanted = growing(classify(recorded("storage-grows")))
    assert wanted == [Wanted("shop", f"data-orders-{ordinal}", "2Gi") for ordinal in range(3)]
    assert growing(classify(recorded("my-cnf"))) == []
