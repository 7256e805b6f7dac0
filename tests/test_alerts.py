"""The alert rules: well-formed, and about metrics that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mysql_k8s.agent import state
from mysql_k8s.backup import service
from mysql_k8s.backup.archive import Progress

RULES = Path(__file__).parents[1] / "docs/alerts.yaml"
DURATION = re.compile(r"\d+[smhd]")


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text())
    assert set(document) == {"groups"}
    names = [group["name"] for group in document["groups"]]
    assert len(names) == len(set(names))
    return [rule for group in document["groups"] for rule in group["rules"]]


def exported() -> set[str]:
    """Every metric that an agent or the keeper can tell."""
    source = Path(state.__file__).read_text()
    keeper = service.metrics(Progress(), service.Proof())
    return set(re.findall(r"mysql_k8s_[a-z_]+", source + keeper))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_is_well_formed_and_about_metrics_that_exist(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert all(isinstance(text, str) and text.endswith(".") for text in rule["annotations"].values())
    assert DURATION.fullmatch(rule.get("for", "1m"))
    used = set(re.findall(r"mysql_k8s_[a-z_]+", rule["expr"]))
    assert used and used <= exported(), used - exported()
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_names_are_not_given_twice() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
