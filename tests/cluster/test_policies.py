"""The pack in the real engine. The provider renders into a folder and touches no cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from policy_judge import BY_NAME, resource_type
from policy_manifests import ABSENT, BACKUP, BUDGET, MYSQLD, NETWORK_POLICY, POD, STACK, changed, stateful_set
from pulumi_policy import EnforcementLevel

from sandbox import programs

PACK = Path(__file__).parents[2] / "policies"
PROGRAM = """
import json
import pathlib
import pulumi
from pulumi_kubernetes import Provider

class Raw(pulumi.CustomResource):
    pass

options = pulumi.ResourceOptions(provider=Provider("render", render_yaml_to_directory="rendered"), version="4.26.0")
for kind, inputs in json.loads(pathlib.Path("manifests.json").read_text()):
    Raw(kind, inputs["metadata"]["name"], inputs, options)
"""


class Program:
    """A program that registers whatever manifests it is given, with a state of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        self.pulumi("stack", "init", "dev")

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **programs.environment()}
        environment.pop("KUBECONFIG", None)
        environment |= {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{self._folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "for these tests alone",
        }
        command = ["pulumi", *arguments, "--non-interactive"]
        return subprocess.run(
            command, cwd=self._folder, env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    def run(self, command: str, manifests: Iterable[Mapping[str, Any]]) -> subprocess.CompletedProcess[str]:
        typed = [(resource_type(each), each) for each in manifests]
        inputs = [(kind, {"apiVersion": kind.split(":")[1].removeprefix("core/"), **each}) for kind, each in typed]
        (self._folder / "manifests.json").write_text(json.dumps(inputs))
        options = ("--yes", "--skip-preview") if command == "up" else ()
        return self.pulumi(command, "--stack", "dev", "--suppress-progress", "--policy-pack", str(PACK), *options)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


BAD = stateful_set(
    **{
        "spec.replicas": 4,
        "spec.volumeClaimTemplates.0.spec.accessModes": ["ReadWriteMany"],
        "spec.volumeClaimTemplates.0.spec.resources.requests.storage": "900Gi",
        f"{POD}.affinity": ABSENT,
        f"{MYSQLD}.image": "mysql",
        f"{MYSQLD}.env": [
            {"name": "MYSQL_ROOT_PASSWORD", "value": "hunter2"},
            {"name": "DB_HOST", "value": "10.0.0.7"},
        ],
        f"{MYSQLD}.args": ["--innodb-buffer-pool-size=8G"],
        f"{MYSQLD}.securityContext": ABSENT,
        f"{MYSQLD}.resources.requests": ABSENT,
        f"{MYSQLD}.livenessProbe": ABSENT,
    }
)


def test_a_good_stack_passes(program: Program) -> None:
    done = program.run("preview", STACK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mysql-policies@v1.0.0" in done.stdout
    assert "[mandatory]" not in done.stdout + done.stderr


def test_each_mandatory_rule_refuses_a_preview(program: Program) -> None:
    done = program.run("preview", [BAD])
    output = done.stdout + done.stderr
    assert done.returncode != 0
    expected = {
        name
        for name, policy in BY_NAME.items()
        if policy.enforcement_level is EnforcementLevel.MANDATORY and not name.startswith("data-not-")
    }
    assert {name for name in BY_NAME if f"[mandatory]  {name} " in output} == expected
    assert "[advisory]  hosts-by-name " in output
    assert "hunter2" not in output


def test_what_holds_data_stays_until_the_configuration_lets_it_go(program: Program) -> None:
    made = program.run("up", STACK)
    assert made.returncode == 0, made.stdout + made.stderr
    without = [stateful_set(**{"spec.serviceName": "other"}), BUDGET, NETWORK_POLICY, BACKUP]

    refused = program.run("preview", without)
    assert refused.returncode != 0
    assert "Secret/orders is no longer in the program" in refused.stdout
    assert "StatefulSet/orders would be replaced, as spec.serviceName changes from orders to other" in refused.stdout

    for index, name in enumerate(("Secret/orders", "StatefulSet/orders")):
        program.pulumi("config", "set", "--stack", "dev", "--path", f"test:allowDataLoss[{index}]", name)
    allowed = program.run("preview", without)
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr


def test_a_remedy_is_taken_and_leaves_no_difference(program: Program, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"pods-restricted": "remediate"}))
    silent = changed(STACK[2], {f"{MYSQLD}.securityContext.allowPrivilegeEscalation": ABSENT})
    stack = [silent if each is STACK[2] else each for each in STACK]
    assert program.run("preview", stack).returncode != 0
    given = ("--stack", "dev", "--suppress-progress", "--policy-pack", str(PACK), "--policy-pack-config", str(config))
    made = program.pulumi("up", "--yes", "--skip-preview", *given)
    assert made.returncode == 0, made.stdout + made.stderr
    again = program.pulumi("preview", "--expect-no-changes", *given)
    assert again.returncode == 0, again.stdout + again.stderr
