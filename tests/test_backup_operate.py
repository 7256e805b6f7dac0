"""The commands around backups, and whom the program copies from: the decisions, without a cluster."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.backup import donors, restore, service, triggers
from mysql_k8s.backup.archive import Progress
from mysql_k8s.backup.catalogue import Base, Segment
from mysql_k8s.backup.donors import Member
from mysql_k8s.backup.engine_mariadb import MariaDB
from mysql_k8s.backup.engine_mysql import MySQL
from mysql_k8s.backup.packing import DamagedBackup
from mysql_k8s.backup.planning import Plan, Refused
from mysql_k8s.backup.settings import Settings
from mysql_k8s.backup.sources import Gap, source_of
from mysql_k8s.backup.store import VolumeStore
from mysql_k8s.operate import backups, rebuild, sizes
from mysql_k8s.operate.errors import OperateError

UUIDS = {letter: f"00000000-0000-0000-0000-00000000000{letter}" for letter in "ab"}


def gtids(text: str) -> GtidSet:
    for letter, uuid in UUIDS.items():
        text = text.replace(f"{letter}:", f"{uuid}:")
    return GtidSet.parse(text)


def member(host: str, executed: str, purged: str = "", uuid: str = "b") -> Member:
    return Member(host, UUIDS[uuid], gtids(purged), gtids(executed), "9.7.4", 0)


PRIMARY = member("p", "a:1-100", uuid="a")


def test_a_replica_is_copied_rather_than_the_primary() -> None:
    ahead = member("r2", "a:1-101")  # asked a moment later
    assert donors.donor([PRIMARY, member("r1", "a:1-90"), ahead], PRIMARY) == ahead


def test_a_member_with_errant_transactions_is_never_copied() -> None:
    assert donors.donor([PRIMARY, member("r1", "a:1-100,b:1")], PRIMARY) == PRIMARY


def test_without_data_there_is_nobody_to_copy() -> None:
    assert donors.donor([member("p", ""), member("r1", "")], None) is None
    empty = member("p", "", uuid="a")
    assert donors.donor([empty, member("r1", "a:1-5")], empty) is not None


HOSTS = Settings("db", "shop", ("p", "r1", "r2"), 3306, 1, True, "volume", 1, 1, "9.7.4")
GROUP = replace(HOSTS, topology="group-replication")


def test_the_primary_is_the_first_member_or_whoever_a_group_lets_write() -> None:
    writing = replace(member("r2", "a:1-100"), writable=True)
    members = [PRIMARY, member("r1", "a:1-100"), writing]
    assert donors.primary_of(HOSTS, members) is PRIMARY
    assert donors.primary_of(HOSTS, members[1:]) is None
    assert donors.primary_of(GROUP, members) is writing


def test_a_group_in_which_nobody_or_two_let_write_has_no_primary_for_now() -> None:
    """One that was cut off has not noticed yet that there is a successor."""
    writing = [replace(member(host, "a:1-100"), writable=True) for host in ("p", "r1")]
    assert donors.primary_of(GROUP, writing) is None
    assert donors.primary_of(GROUP, [PRIMARY]) is None


def test_the_archive_follows_the_primary_while_it_can() -> None:
    assert source_of(gtids("a:1-50"), [PRIMARY], PRIMARY) is PRIMARY


def test_it_catches_up_from_a_replica_that_still_has_what_the_primary_has_not() -> None:
    """A primary that was cloned a moment ago has binary logs from then on only."""
    cloned = member("p", "a:1-100", purged="a:1-100", uuid="b")
    behind = member("r1", "a:1-100", purged="a:1-60", uuid="a")
    useful = member("r2", "a:1-100", purged="a:1-40", uuid="a")
    assert source_of(gtids("a:1-50"), [cloned, behind, useful], cloned) is useful


def test_what_nobody_has_any_more_is_a_gap() -> None:
    purged = member("p", "a:1-100", purged="a:1-80", uuid="a")
    with pytest.raises(Gap, match=r"51-80"):
        source_of(gtids("a:1-50"), [purged, member("r1", "a:1-100", purged="a:1-80")], purged)


def test_what_the_primary_lost_is_a_gap() -> None:
    reborn = member("p", "a:1-95,b:1-3", uuid="b")
    with pytest.raises(Gap, match=r"the primary lacks.*96-100"):
        source_of(gtids("a:1-100"), [reborn], reborn)


def test_what_the_primary_is_about_to_commit_is_no_gap() -> None:
    """It was sent before it was acknowledged, and so before it counts as executed."""
    assert source_of(gtids("a:1-101"), [PRIMARY], PRIMARY) is PRIMARY


def a_plan(base_version: str, segment_version: str) -> Plan:
    base = Base("1", "orders", 1, base_version, gtids("a:1"), "r1", "gzip", (), 0, 0, {})
    return Plan(base, (Segment(0, "0", 1, "", gtids("a:1"), gtids("a:2"), 1, 1, segment_version),), gtids("a:1-2"), 1)


MYSQL, MARIADB = MySQL(HOSTS), MariaDB(HOSTS)


def test_data_of_a_newer_server_is_refused() -> None:
    restore.refuse_unfit(a_plan("9.7.4", "9.7.4-2"), MYSQL, replace(HOSTS, server_version="9.7.4"))
    restore.refuse_unfit(a_plan("9.7.4", "9.7.4"), MYSQL, replace(HOSTS, server_version="9.7.10"))
    for newer in (a_plan("9.7.10", "9.7.4"), a_plan("9.7.4", "9.8.0")):
        with pytest.raises(Refused, match="or newer"):
            restore.refuse_unfit(newer, MYSQL, replace(HOSTS, server_version="9.7.9"))


def test_data_of_another_engine_is_refused() -> None:
    with pytest.raises(Refused, match=r"not of MariaDB: restore it with engine\.kind = mysql"):
        restore.refuse_unfit(a_plan("9.7.4", "9.7.4"), MARIADB, replace(HOSTS, server_version="11.8.9"))


def segment(name: str, content: bytes, executed: str) -> Segment:
    digest = hashlib.sha256(content).hexdigest()
    return Segment(7, name, len(content), digest, gtids("a:1-10"), gtids(executed), 1, 2, "9.7.4")


def test_a_segment_that_has_grown_since_it_was_listed_is_fetched_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "SPOOL", tmp_path / "spool")
    store, folder = VolumeStore(tmp_path / "target"), "orders/binlog/0001"
    listed = replace(segment("00000007.3.binlog", b"one", "a:11-12"), object=f"{folder}/00000007.3.binlog")
    longer = segment("00000007.6.binlog", b"onetwo", "a:11-15")
    store.put_text(f"{folder}/{longer.object}", "onetwo")
    store.put_text(f"{folder}/00000007.json", longer.to_json())
    assert restore.fetch(store, listed).read_bytes() == b"onetwo"
    other = segment("00000007.6.binlog", b"onetwo", "b:1-5")
    store.put_text(f"{folder}/00000007.json", other.to_json())
    with pytest.raises(DamagedBackup, match=r"00000007\.3\.binlog is missing"):
        restore.fetch(store, listed)


CRON_JOB: dict[str, Any] = {
    "metadata": {"name": "orders-backup", "namespace": "shop", "uid": "u-1"},
    "spec": {"jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {"backoffLimit": 2}}},
}


def test_a_job_is_made_as_the_schedule_would() -> None:
    made = backups.job_from(CRON_JOB, "20261122030000")
    assert made["metadata"]["name"] == "orders-backup-20261122030000"
    assert made["spec"] == triggers.job_from(CRON_JOB)["spec"] == {"backoffLimit": 2}
    for job in (made, triggers.job_from(CRON_JOB)):
        assert job["metadata"]["labels"] == {"a": "b"}
        assert job["metadata"]["ownerReferences"][0]["uid"] == "u-1"


def pod(role: str | None, ready: bool = True) -> dict[str, Any]:
    labels = {"mysql-k8s/role": role} if role else {}
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": {"labels": labels}, "status": {"phase": "Running", "conditions": conditions}}


def test_a_replica_may_be_rebuilt() -> None:
    rebuild.check_rebuild("orders-2", {"orders-0": pod("primary"), "orders-2": pod("replica", ready=False)})


@pytest.mark.parametrize(
    ("name", "pods", "why"),
    [
        ("orders-0", {"orders-0": pod("primary"), "orders-1": pod("replica")}, "is the primary"),
        ("orders-1", {"orders-0": pod("primary", ready=False), "orders-1": pod("replica")}, "No primary is ready"),
        ("orders-1", {}, "No primary is ready"),
        ("orders-7", {"orders-0": pod("primary"), "orders-1": pod("replica")}, "There is no member orders-7"),
    ],
)
def test_a_copy_that_may_be_needed_is_never_deleted(name: str, pods: dict[str, Any], why: str) -> None:
    with pytest.raises(OperateError, match=why):
        rebuild.check_rebuild(name, pods)


def test_the_newest_pods_last_word_counts() -> None:
    def ended(at: str, word: str) -> dict[str, Any]:
        status = {"containerStatuses": [{"state": {"terminated": {"message": word}}}]}
        return {"metadata": {"creationTimestamp": at}, "status": status}

    assert backups.last_word([ended("1", "old"), ended("2", "new")]) == "new"
    assert "no message" in backups.last_word([])


def test_status_tells_and_warns() -> None:
    fine = {
        "last_base": "2026",
        "last_verified": "2026",
        "point_in_time": True,
        "age_seconds": 1.2,
        "chain_opened": "x",
    }
    news, warnings = backups.state_lines(fine)
    assert warnings == []
    assert "1.2 s behind" in news[1]
    _, warnings = backups.state_lines({**fine, "last_base": "", "age_seconds": 100, "last_gap": "no member"})
    assert len(warnings) == 3
    assert backups.state_lines({"last_base": "2026", "point_in_time": False})[1] == []


@pytest.mark.parametrize(("count", "shown"), [(0, "0 B"), (1536, "2 KiB"), (5 << 30, "5 GiB"), (3 << 40, "3.0 TiB")])
def test_sizes(count: int, shown: str) -> None:
    assert sizes.size(count) == shown


def test_what_is_listed_is_drawn() -> None:
    base = {"id": "20261122T030000.000000Z", "stored_bytes": 1, "raw_bytes": 2, "gtids": "a:1"}
    listed = {"bases": [base], "archive": [{"from": "x", "until": "y", "segments": 2, "stored_bytes": 2048}]}
    assert backups.table(listed).row_count == 1
    assert backups.archive_lines(listed) == ["archive: x to y, 2 KiB in 2 segments"]
    assert "only the base backups" in backups.archive_lines({})[0]


def test_metrics_and_liveness() -> None:
    progress = Progress(chain=2, until=1_000_000, gaps=1)
    text = service.metrics(progress, service.Proof("2026-11-22T03:00:00.000000Z", ""))
    values = dict(line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    assert values["mysql_k8s_archive_gaps_total"] == "1"
    assert float(values["mysql_k8s_backup_last_timestamp_seconds"]) == 1795316400
    assert values["mysql_k8s_backup_last_verified_restore_timestamp_seconds"] == "0"
    assert service.livez(progress)[0] == 503
