"""docs/policies.md tells of every policy, its level and its configuration as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from policy_judge import BY_NAME

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "policies.md").read_text()


def test_the_table_of_rules() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (mandatory|advisory) \|", TEXT, re.MULTILINE)
    assert rows == [(name, policy.enforcement_level.value) for name, policy in BY_NAME.items()]


def test_the_configuration() -> None:
    section = TEXT.partition("| key | of | meaning |")[2].partition("**Remedies")[0]
    described = set(re.findall(r"`([a-zA-Z]+)`", section))
    schemas = [policy.config_schema for policy in BY_NAME.values() if policy.config_schema]
    for schema in schemas:
        assert set(schema.properties) <= described
        assert all(each["description"] for each in schema.properties.values())


def test_every_policy_says_what_to_do() -> None:
    for policy in BY_NAME.values():
        assert policy.description.endswith(".")
        assert policy.remediation_steps and policy.remediation_steps.endswith(".")


def test_the_pack_needs_only_what_it_lists() -> None:
    """And the version that the tests run with."""
    (needed,) = (line for line in (ROOT / "policies/requirements.txt").read_text().splitlines() if "==" in line)
    assert needed in (ROOT / "requirements.txt").read_text().splitlines()
    imported = {
        found
        for file in (ROOT / "policies").rglob("*.py")
        for found in re.findall(r"^(?:from|import) ([a-z_0-9]+)", file.read_text(), re.MULTILINE)
    }
    assert imported & {"mysql_k8s", "pydantic", "pulumi_kubernetes", "yaml"} == set()
    assert yaml.safe_load((ROOT / "policies/PulumiPolicy.yaml").read_text())["runtime"]["name"] == "python"
