"""Rendering: the program's manifests without a CLI, cluster or network, the same every time, and without secrets."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from mysql_k8s.operate.errors import OperateError
from mysql_k8s.render import stacks
from mysql_k8s.render.configuration import SECRET, configuration
from mysql_k8s.render.errors import RenderError
from mysql_k8s.render.text import as_yaml

ROOT = Path(__file__).parent.parent
STACKS = stacks.names(ROOT)
HIDDEN = "hunter2-and-more"

PROGRAM = """
import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, PersistentVolumeClaimPatch, Secret
from pulumi_kubernetes.apiextensions import CustomResource

print("said by the program")
config = pulumi.Config()
hidden = config.require_secret("hidden")
plain = config.require("hidden")
made = pulumi.Output.secret("HIDDEN")


def labelled(args):
    props = {**args.props, "metadata": {**(args.props.get("metadata") or {}), "labels": {"team": "shop"}}}
    return pulumi.ResourceTransformResult(props=props, opts=args.opts)


Secret("one", metadata={"name": "one"}, string_data={"password": made, "user": "shop"})
Secret("two", metadata={"name": "two"}, data={"password": "SElEREVO"}, string_data=made.apply(lambda text: {"b": text}))
settings = ConfigMap(
    "settings",
    data={"url": pulumi.Output.concat("mysql://", made, "@x"), "again": "HIDDEN", "given": plain, "number": "1e3"},
    binary_data={"logo.png": "AAECAw=="},
    metadata={"annotations": {"token": hidden, "made": made}},
)
named = ConfigMap("plain", data={"a": "b"})
Deployment(
    "shop",
    metadata={"name": "shop", "labels": {"x": made}},
    spec={
        "replicas": 2,
        "selector": {"match_labels": {"app": "shop"}},
        "template": {
            "metadata": {"labels": {"app": "shop"}},
            "spec": {
                "containers": [
                    {
                        "name": "shop",
                        "image": "shop:1",
                        "args": [made],
                        "env": [{"name": "PASSWORD", "value": made}, {"name": "MAP", "value": named.metadata["name"]}],
                    }
                ]
            },
        },
    },
    opts=pulumi.ResourceOptions(transforms=[labelled]),
)
CustomResource("job", api_version="example.com/v1", kind="Job", metadata={"name": "job"}, spec={"at": settings.id})
PersistentVolumeClaimPatch("grow", metadata={"name": "data"}, spec={"resources": {"requests": {"storage": "2Gi"}}})
pulumi.export("password", made)
"""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program of somebody else, with a secret in every place."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "Pulumi.yaml").write_text("name: other\nruntime: {name: python}\n")
    (folder / "Pulumi.test.yaml").write_text("config: {other:hidden: {secure: v1:abc=}}\nencryptionsalt: v1:x\n")
    (folder / "__main__.py").write_text(PROGRAM.replace("HIDDEN", HIDDEN))
    return folder


@pytest.fixture(scope="module")
def rendered(other: Path) -> dict[str, dict[str, Any]]:
    found, _ = stacks.render(other, "test")
    return {
        f"{each['kind']}/{each['metadata']['name'].rpartition('-')[0] or each['metadata']['name']}": each
        for each in found
    }


@pytest.mark.parametrize("stack", STACKS)
def test_the_golden_file_is_what_the_program_makes(stack: str) -> None:
    found, missing = stacks.render(ROOT, stack)
    assert not missing
    kept = stacks.golden(ROOT, stack)
    assert kept.is_file() and kept.read_text() == stacks.as_text(stack, found), (
        f"the manifests of {stack} have changed: run `make render-golden`, review the difference and commit it"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_written_is_what_was_rendered(stack: str) -> None:
    found, _ = stacks.render(ROOT, stack)
    assert list(yaml.safe_load_all(stacks.as_text(stack, found))) == found


def test_every_run_gives_the_same_bytes_and_needs_nothing(tmp_path: Path, other: Path) -> None:
    def run(seed: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/nowhere", "HOME": str(tmp_path), "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "mysql_k8s.render", "--stack", "test", "--program", str(other)]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)

    one, two = run("1"), run("2")
    assert one.stdout == two.stdout
    assert one.stdout.startswith("# Stack test")
    assert "said by the program" in one.stderr
    assert HIDDEN not in one.stdout + one.stderr
    assert not list(tmp_path.iterdir())


def test_secrets_are_masked_wherever_they_are(rendered: dict[str, dict[str, Any]]) -> None:
    text = as_yaml(rendered.values(), "")
    assert HIDDEN not in text
    assert base64.b64encode(HIDDEN.encode()).decode() not in text
    assert "SElEREVO" not in text
    assert rendered["Secret/one"]["stringData"] == {"password": SECRET, "user": SECRET}
    assert rendered["Secret/two"]["stringData"] == {"b": SECRET, "password": SECRET}
    assert "data" not in rendered["Secret/two"]
    data = rendered["ConfigMap/settings"]["data"]
    assert data == {"url": SECRET, "again": SECRET, "given": SECRET, "number": "1e3"}
    assert rendered["ConfigMap/settings"]["metadata"]["annotations"] == {"token": SECRET, "made": SECRET}
    container = rendered["Deployment/shop"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == [SECRET]
    assert container["env"][0]["value"] == SECRET


def test_any_program_is_rendered(rendered: dict[str, dict[str, Any]]) -> None:
    deployment = rendered["Deployment/shop"]
    assert deployment["apiVersion"] == "apps/v1"
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["selector"] == {"matchLabels": {"app": "shop"}}
    assert deployment["metadata"]["labels"] == {"team": "shop"}, "transforms are applied"
    settings = rendered["ConfigMap/settings"]
    env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env[1]["value"] == rendered["ConfigMap/plain"]["metadata"]["name"], "the same wherever it is used"
    assert settings["binaryData"]["logo.png"].startswith("sha256//")
    assert base64.b64decode(settings["binaryData"]["logo.png"], validate=True), "Kubernetes wants base64 there"
    assert rendered["Job/job"]["spec"] == {"at": "<computed>"}
    assert "# A patch" in as_yaml([rendered["PersistentVolumeClaim/data"]], "")


def test_texts_stay_texts_for_every_reader_of_yaml() -> None:
    texts = ["1e3", "0x1F", "010", "1_000", "y", "no", "3306", "~", "1:30", "", " a", "a: b", "9.7.4", "1Gi"]
    written = as_yaml([{"kind": "X", "apiVersion": "v1", "data": texts}], "")
    assert next(yaml.safe_load_all(written))["data"] == texts
    for text in ("1e3", "y", "0x1F"):
        assert f'- "{text}"' in written
    assert "- 9.7.4" in written


def test_configuration_is_what_the_engine_would_pass() -> None:
    declared = {
        "name": {"type": "string", "default": "mysql"},
        "key": {"type": "string", "secret": True, "default": HIDDEN},
        "kubernetes:namespace": {"value": "shop"},
    }
    stack = {"p:on": True, "p:config:old": 3, "p:table": {"open": "x", "deep": [{"secure": "AAA="}]}}
    found = configuration("p", declared, stack)
    assert found.values == {
        "p:name": "mysql",
        "p:key": SECRET,
        "kubernetes:namespace": "shop",
        "p:on": "true",
        "p:old": "3",
        "p:table": '{"open": "x", "deep": ["<secret>"]}',
    }
    assert found.secrets == {"p:key", "p:table"}


def test_what_cannot_be_rendered_says_so(tmp_path: Path) -> None:
    with pytest.raises(OperateError, match=r"No Pulumi\.yaml"):
        stacks.render(tmp_path, "dev")
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: nodejs\n")
    with pytest.raises(OperateError, match="There is no stack 'dev'"):
        stacks.render(tmp_path, "dev")
    (tmp_path / "Pulumi.dev.yaml").write_text("")
    with pytest.raises(RenderError, match="a program in nodejs"):
        stacks.render(tmp_path, "dev")
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    with pytest.raises(RenderError, match=r"no __main__\.py"):
        stacks.render(tmp_path, "dev")
    (tmp_path / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('not today')\n")
    with pytest.raises(pulumi.RunError, match="not today"):
        stacks.render(tmp_path, "dev")
    call = "import pulumi\npulumi.export('x', pulumi.runtime.invoke_output('aws:index:ip', {}))\n"
    (tmp_path / "__main__.py").write_text(call)
    with pytest.raises(RenderError, match="calls the function aws:index:ip, which needs its provider"):
        stacks.render(tmp_path, "dev")
