"""The environment that pulumi gets, the target of a stack, and the configuration file that it is given."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from mysql_k8s.operate import stack_config, tools
from mysql_k8s.operate.environment import Environment, Surroundings, parse_exports, pulumi_environment
from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.project import Project, find
from mysql_k8s.operate.summary import hosts, summary
from mysql_k8s.operate.target import Target, declared, deployed

STATE = Path("/work/.state")


def environment(**user: str) -> Environment:
    parts = Surroundings(
        user={"PATH": "/usr/bin", **user},
        tool_chain={"PULUMI_HOME": "/cache/home", "PATH": "/cache/bin:/usr/bin"},
        venv_bin=Path("/work/.venv/bin"),
        state=STATE,
        kubeconfig="/kubeconfig",
    )
    return pulumi_environment(parts)


def test_the_virtual_environment_comes_first_then_the_tool_chain() -> None:
    assert environment()["PATH"] == "/work/.venv/bin:/cache/bin:/usr/bin"
    assert environment()["PULUMI_HOME"] == "/cache/home"


def test_a_local_backend_and_a_passphrase_file_unless_the_user_has_them() -> None:
    found = environment()
    assert found["PULUMI_BACKEND_URL"] == "file:///work/.state"
    assert found["PULUMI_CONFIG_PASSPHRASE_FILE"] == "/work/.state/passphrase"
    assert found["KUBECONFIG"] == "/kubeconfig"


def test_the_users_backend_wins() -> None:
    assert environment(PULUMI_BACKEND_URL="s3://bucket")["PULUMI_BACKEND_URL"] == "s3://bucket"


@pytest.mark.parametrize("name", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
def test_the_users_passphrase_wins_even_an_empty_one(name: str) -> None:
    found = environment(**{name: ""})
    assert found[name] == ""
    assert len([key for key in found if key.startswith("PULUMI_CONFIG_PASSPHRASE")]) == 1


def test_export_lines() -> None:
    text = "export PATH=/tools/bin:$PATH\nexport PULUMI_HOME='/with space/home'\n# a comment\nnoise\n"
    assert parse_exports(text, {"PATH": "/a b:/c"}) == {
        "PATH": "/tools/bin:/a b:/c",
        "PULUMI_HOME": "/with space/home",
    }


# --- the project ----------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: mysql\nruntime: python\nconfig:\n  name:\n    default: orders\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("# mine\nconfig:\n  mysql:cluster:\n    namespace: shop\n")
    return find(tmp_path, "dev")


def test_the_project_is_found_from_below(project: Project) -> None:
    (project.root / "deep").mkdir()
    assert find(project.root / "deep", "dev") == project
    assert declared(project.program, project.config()) == Target("orders", "shop")


def test_an_unknown_stack_names_the_known_ones(project: Project) -> None:
    with pytest.raises(OperateError, match=r"no stack 'live'.*Stacks: dev\."):
        find(project.root, "live")


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(OperateError, match=r"No Pulumi\.yaml"):
        find(tmp_path, "dev")


@pytest.mark.parametrize("text", ["a: [", "- a list", "\x00"])
def test_a_broken_file_is_named(project: Project, text: str) -> None:
    project.stack_file.write_text(text)
    with pytest.raises(OperateError, match=r"Pulumi\.dev\.yaml"):
        project.config()


@pytest.mark.parametrize(
    ("program", "config", "target"),
    [
        ({"name": "mysql"}, {}, Target("mysql", "default")),
        ({"name": "mysql"}, {"mysql:name": "crm"}, Target("crm", "default")),
        ({"name": "mysql"}, {"name": "crm"}, Target("crm", "default")),
        ({"name": "mysql", "config": {"name": {"default": "db"}}}, {"mysql:cluster": {}}, Target("db", "default")),
        ({"name": "mysql"}, {"mysql:cluster": "nonsense", "kubernetes:namespace": "x"}, Target("mysql", "default")),
    ],
)
def test_declared(program: dict[str, Any], config: dict[str, Any], target: Target) -> None:
    assert declared(program, config) == target


def test_outputs_win_over_what_is_declared() -> None:
    assert deployed({"name": "a"}, Target("b", "c")) == Target("a", "c")


# --- the state folder -----------------------------------------------------------------------------------------------


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nothing_set")
def test_the_passphrase_is_made_once_for_its_owner_alone(project: Project) -> None:
    tools.prepare_state(project)
    file = project.state / "passphrase"
    first = file.read_text()
    tools.prepare_state(project)
    assert file.read_text() == first
    assert len(first) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(project.state) == ["passphrase"]  # noqa: PTH208


@pytest.mark.usefixtures("nothing_set")
def test_with_a_backend_and_a_passphrase_of_the_user_nothing_is_made(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    tools.prepare_state(project)
    assert not project.state.exists()


def test_the_salt_stays_out_of_the_stack_file(project: Project) -> None:
    before = project.stack_file.read_text()
    copy = stack_config.prepare(project)
    copy.write_text(copy.read_text() + "encryptionsalt: v1:abc\n")  # as pulumi does
    project.stack_file.write_text(before + "  mysql:name: crm\n")
    assert stack_config.prepare(project) == copy
    found = yaml.safe_load(copy.read_text())
    assert found["encryptionsalt"] == "v1:abc"
    assert found["config"]["mysql:name"] == "crm"
    assert "salt" not in project.stack_file.read_text()


def test_a_stack_file_with_its_own_encryption_is_used_as_it_is(project: Project) -> None:
    project.stack_file.write_text("secretsprovider: awskms://key\nencryptedkey: abc\n")
    assert stack_config.prepare(project) == project.stack_file
    assert not project.state.exists()


# --- the summary ----------------------------------------------------------------------------------------------------


OUTPUTS = {
    "primary_host": "orders-primary.shop.svc",
    "read_host": "orders-read.shop.svc",
    "port": 3306,
    "secret_names": {"app": "orders-user-app"},
}


def test_the_summary_names_hosts_secrets_and_next_commands() -> None:
    text = summary(OUTPUTS, "prod", 41.4)
    assert "Done in 41 s." in text
    assert "orders-primary.shop.svc:3306" in text
    assert "Secret orders-user-app" in text
    assert "make sql STACK=prod" in text


def test_the_router_is_among_the_hosts_where_there_is_one() -> None:
    routed = {"router_host": "orders-router.shop.svc", "router_port": 6446, "router_read_port": 6447}
    assert hosts({**OUTPUTS, **routed}) == {
        "writes": "orders-primary.shop.svc:3306",
        "reads": "orders-read.shop.svc:3306",
        "router, writes": "orders-router.shop.svc:6446",
        "router, reads": "orders-router.shop.svc:6447",
    }


def test_hosts_that_are_not_there_are_left_out() -> None:
    assert hosts({}) == {}
