"""Whether backups can be stored: found out by the keeper, said by `up`."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from mysql_k8s.backup import target_check
from mysql_k8s.backup.settings import Settings
from mysql_k8s.backup.store import VolumeStore
from mysql_k8s.operate import backups, preflight
from mysql_k8s.operate.errors import OperateError
from mysql_k8s.operate.target import Target

SETTINGS = Settings("orders", "shop", ("p",), 3306, 3, True, "volume", 1, 1, "9.7.4")
TARGET = Target("orders", "shop")


def test_a_target_that_works_is_left_as_it_was(tmp_path: Path) -> None:
    assert target_check.problem(SETTINGS, VolumeStore(tmp_path), 1) == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_target_that_is_away_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    told = target_check.problem(SETTINGS, VolumeStore(file), 1)
    assert told.startswith("writing orders/check/probe.json on the target failed")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    manifest = tmp_path / "orders/base/1/manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{")
    assert "a manifest cannot be read" in target_check.problem(SETTINGS, VolumeStore(tmp_path), 1)


class Forgetful(VolumeStore):
    def documents(self, prefix: str, ending: str) -> dict[str, str]:
        return {}


def test_a_target_that_forgets_is_told(tmp_path: Path) -> None:
    assert "does not give back" in target_check.problem(SETTINGS, Forgetful(tmp_path), 1)


def test_room_for_one_more_base_backup() -> None:
    assert target_check.too_little(None, 5 << 20) == ""
    assert target_check.too_little(6 << 20, 5 << 20) == ""
    assert target_check.too_little(4 << 20, 5 << 20) == (
        "the target has 4 MiB left, and the newest base backup took 5 MiB: make room"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small volume")
def test_a_full_target_is_told(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    try:
        with pytest.raises(OSError):
            (tmp_path / "filling").write_bytes(bytes(1 << 20))
        assert "No space left on device" in target_check.problem(SETTINGS, VolumeStore(tmp_path), 1)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


class Kube:
    """A keeper, and what it says."""

    def __init__(self, keeper: bool = True, waiting: str = "") -> None:
        self.keeper = keeper
        self.waiting = waiting
        self.revision = "new"

    def stateful_set(self, _namespace: str, name: str) -> dict[str, Any] | None:
        there = {"metadata": {"generation": 2}, "status": {"observedGeneration": 2, "updateRevision": "new"}}
        return there if self.keeper and name == "orders-backup" else None

    def pods(self, _namespace: str, _selector: str) -> list[dict[str, Any]]:
        state = {"waiting": {"reason": "CreateContainerConfigError", "message": self.waiting}} if self.waiting else {}
        status = {"phase": "Pending", "containerStatuses": [{"name": "rclone", "state": state}]}
        labels = {"controller-revision-hash": self.revision}
        return [{"metadata": {"name": "orders-backup-0", "namespace": "shop", "labels": labels}, "status": status}]

    def claims(self, _namespace: str) -> list[dict[str, Any]]:
        return []

    events = claims


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEEPER_SECONDS", "LASTING_SECONDS", "_POLL_SECONDS"):
        monkeypatch.setattr(preflight, name, 0.0)


def checked(monkeypatch: pytest.MonkeyPatch, kube: Kube, state: dict[str, Any]) -> None:
    monkeypatch.setattr(backups, "ask_keeper", lambda *_: state)
    preflight.check(cast(Any, kube), TARGET, lambda _: None)


def test_up_is_content_with_a_target_that_works_and_with_none(monkeypatch: pytest.MonkeyPatch) -> None:
    checked(monkeypatch, Kube(), {"target": ""})
    checked(monkeypatch, Kube(keeper=False), {"target": "not asked"})


def test_up_says_what_the_keeper_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperateError, match="its backups cannot be stored: operations/copyfile: 403"):
        checked(monkeypatch, Kube(), {"target": "operations/copyfile: 403"})


def test_a_keeper_of_before_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    kube = Kube()
    kube.revision = "old"
    with pytest.raises(OperateError, match="its backups cannot be stored: their keeper has not tried the target"):
        checked(monkeypatch, kube, {"target": "what was wrong before"})


def test_up_says_why_there_is_no_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperateError, match=r'secret "backup-s3" not found.*Create what is missing'):
        checked(monkeypatch, Kube(waiting='secret "backup-s3" not found'), {"target": ""})


def test_the_settings_of_a_run_are_those_that_it_was_told() -> None:
    ordered = SETTINGS.as_ordered({"RESTORE_UNTIL": "a:1", "RESTORE_BASE": "b"})
    assert ordered == replace(SETTINGS, until="a:1", base="b")
    assert SETTINGS.as_ordered({}) == SETTINGS
