"""What a killed run leaves: locks, and objects whose creation was begun."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mysql_k8s.operate import locks, recover
from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.locks import Lock, abandoned, local_backend
from mysql_k8s.operate.project import Project, find
from mysql_k8s.operate.pulumi import Pulumi

HERE = Lock(41, "here", "2030-01-01T00:00:00")


@pytest.mark.parametrize(
    ("found", "alive", "gone"),
    [
        ([], set[int](), False),
        ([HERE], set[int](), True),
        ([HERE], {41}, False),
        ([HERE, Lock(42, "here", "")], {42}, False),
        ([Lock(41, "elsewhere", "")], set[int](), False),
    ],
)
def test_a_lock_is_abandoned_only_if_its_process_on_this_host_is_gone(
    found: list[Lock], alive: set[int], gone: bool
) -> None:
    assert abandoned(found, "here", lambda pid: pid in alive) is gone


def test_the_number_of_an_ended_process_may_be_anothers() -> None:
    assert not locks.pulumi_runs(os.getpid())
    assert not locks.pulumi_runs(2**22 + 1)


@pytest.mark.parametrize(
    ("url", "folder"),
    [("file:///work/.state", Path("/work/.state")), ("file://~", Path.home()), ("s3://bucket", None), ("", None)],
)
def test_local_backend(url: str, folder: Path | None) -> None:
    assert local_backend(url) == folder


class Asked(Pulumi):
    """Notes what it is asked instead of running anything."""

    def ask(self, *arguments: str) -> str:
        self.environment["ASKED"] = " ".join(arguments)
        return ""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: mysql\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    return find(tmp_path, "dev")


def locked(project: Project, host: str, pid: int) -> Asked:
    folder = project.state / ".pulumi/locks/organization/mysql/dev"
    folder.mkdir(parents=True)
    lock = {"pid": pid, "username": "me", "hostname": host, "timestamp": "2030-01-01T00:00:00.5Z"}
    (folder / "a.json").write_text(json.dumps(lock))
    (folder / "a.json.attrs").write_text("not a lock")
    return Asked(project, {"PULUMI_BACKEND_URL": f"file://{project.state}"}, project.stack_file)


def test_an_abandoned_lock_is_removed(project: Project) -> None:
    pulumi = locked(project, os.uname().nodename, 2**22 + 1)
    recover.unlock(pulumi, lambda _: None)
    assert pulumi.environment["ASKED"] == "cancel --yes --stack dev"


def test_a_lock_of_another_host_stays_and_is_explained(project: Project) -> None:
    pulumi = locked(project, "elsewhere", 7)
    with pytest.raises(OperateError, match=r"process 7 on elsewhere, since 2030-01-01T00:00:00"):
        recover.unlock(pulumi, lambda _: None)
    assert "ASKED" not in pulumi.environment


def creating(kind: str, **inputs: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::mysql::{kind}::x"
    return {"type": "creating", "resource": {"urn": urn, "type": kind, "custom": True, "inputs": inputs}}


SERVICE = creating("kubernetes:core/v1:Service", metadata={"name": "orders", "namespace": "shop"})
PASSWORD = creating("pulumi-python:dynamic/mysql-k8s:GeneratedPassword", length=24)
STACK = {"urn": "urn:pulumi:dev::mysql::pulumi:pulumi:Stack::mysql-dev", "type": "pulumi:pulumi:Stack"}


def test_an_object_of_kubernetes_is_noted_as_made_under_the_name_that_kubernetes_knows() -> None:
    after = recover.adopted({"resources": [STACK], "pending_operations": [SERVICE], "metadata": {}})
    assert [text["urn"] for text in after["resources"]] == [STACK["urn"], SERVICE["resource"]["urn"]]
    assert after["resources"][1]["id"] == "shop/orders"
    assert after["pending_operations"] == []
    assert after["metadata"] == {}


def test_what_does_not_live_in_kubernetes_is_made_anew() -> None:
    after = recover.adopted({"resources": [STACK], "pending_operations": [PASSWORD]})
    assert after["resources"] == [STACK]


def test_a_replacement_that_was_interrupted_keeps_the_old_object() -> None:
    old = {**SERVICE["resource"], "id": "shop/orders"}
    after = recover.adopted({"resources": [STACK, old], "pending_operations": [SERVICE]})
    assert after["resources"] == [STACK, old]


def test_interrupted_updates_and_deletions_are_left_to_pulumi() -> None:
    operations = [{**SERVICE, "type": "updating"}, {**SERVICE, "type": "deleting"}]
    assert recover.interrupted_creations({"pending_operations": operations}) == []


@pytest.mark.parametrize("deployment", [{}, {"pending_operations": None}, {"pending_operations": []}])
def test_usually_nothing_was_interrupted(deployment: dict[str, Any]) -> None:
    assert recover.interrupted_creations(deployment) == []
