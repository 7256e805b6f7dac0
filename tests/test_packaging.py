"""What others see of the distribution."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_pulumi_looks_for_no_plugin_of_ours() -> None:
    """By name, or by a `pulumi-plugin.json`: pulumi-language-python, `isPulumiPackage`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not project["name"].startswith("pulumi-")
    assert not list((ROOT / "components").rglob("pulumi-plugin.json"))


def test_the_program_needs_the_plugin_of_kubernetes_alone() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
    )
    without = {"pulumi", "pulumi-policy"}
    named = {package["name"].replace("_", "-") for package in json.loads(listed.stdout)}
    assert {name for name in named if name.startswith("pulumi-")} - without == {"pulumi-kubernetes"}
