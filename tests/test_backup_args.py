"""Arguments of backups: what is refused at preview, with which words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mysql_k8s import S3, Backup, MySQLClusterArgs, Restore, Volume, explain


def refusal(**arguments: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        MySQLClusterArgs.model_validate(arguments)
    return explain(raised.value)


@pytest.mark.parametrize("schedule", ["0 3 * * *", "*/15 0-6,22 1,15 jan-mar mon", "@daily", "5 4 ? * 0"])
def test_schedules(schedule: str) -> None:
    assert Backup(schedule=schedule).schedule == schedule


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("0 3 * *", "five fields"),
        ("60 3 * * *", "minute, which goes from 0 to 59"),
        ("0 24 * * *", "hour, which goes from 0 to 23"),
        ("0 3 0 * *", "day of the month, which goes from 1 to 31"),
        ("0 3 * * 7", "day of the week, which goes from 0 to 6"),
        ("0 5-3 * * *", "hour"),
        ("*/0 * * * *", "a step of zero"),
        ("0 3 * fooday *", "'fooday' is not a number"),
        ("@reboot", "five fields"),
        ("CRON_TZ=UTC 0 3 * * *", "time zone"),
        ("0 3 * * mon#1", "write a number"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_field(schedule: str, words: str) -> None:
    told = refusal(backup={"schedule": schedule})
    assert told.startswith(f"backup.schedule = {schedule}: ")
    assert words in told


def test_a_table_without_anything_takes_all_defaults() -> None:
    assert MySQLClusterArgs.model_validate({"backup": {}}).backup == Backup()
    assert Backup().target == Volume()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"kind": "s3", "bucket": "Company", "secret_name": "s"}, "backup.target.bucket = Company"),
        ({"kind": "s3", "bucket": "company"}, "backup.target.secret_name: is required"),
        ({"kind": "s3", "bucket": "company", "secret_name": "s", "endpoint": "minio:9000"}, "must be the server's URL"),
        ({"kind": "s3", "bucket": "company", "secret_name": "s", "prefix": "/a/"}, "backup.target.prefix"),
        ({"kind": "volume", "claim": "a", "nfs_server": "b"}, "keep one of them"),
        ({"kind": "volume", "nfs_server": "b", "nfs_path": "exports"}, "must begin with '/'"),
        ({"kind": "volume", "size": "many"}, "backup.target.size"),
        ({"kind": "tape"}, "backup.target: is not a known kind; use `kind: volume` or `kind: s3`"),
        ({"claim": "a"}, "backup.target: must say which kind it is; add `kind: volume` or `kind: s3`"),
    ],
)
def test_targets_that_cannot_be(target: dict[str, Any], words: str) -> None:
    assert words in refusal(backup={"target": target})


@pytest.mark.parametrize("until", ["2026-11-22T03:00:00", "yesterday", "3e11fa47:1"])
def test_a_moment_must_be_clear_at_preview(until: str) -> None:
    told = refusal(restore={"target": {"kind": "volume", "claim": "c"}, "cluster": "orders", "until": until})
    assert f"restore.until = {until}" in told
    assert "2026-11-22T03:00:00Z" in told


def test_moments() -> None:
    for until in ("2026-11-22T03:00:00Z", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77", ""):
        assert Restore(target=S3(bucket="company", secret_name="s"), cluster="orders", until=until).until == until


def test_keep_none_is_refused() -> None:
    assert "use 1 or more" in refusal(backup={"keep": 0})


def test_binary_logs_are_kept_for_as_long_as_the_archive_may_be_away() -> None:
    told = refusal(backup={}, my_cnf={"binlog_expire_logs_seconds": 7200})
    assert told.startswith("my_cnf.binlog_expire_logs_seconds = 7200: deletes binary logs before")
    assert "use 86400 or more" in told
    for fine in ({"my_cnf": {"binlog_expire_logs_seconds": 86400}}, {"backup": {"point_in_time": False}}):
        MySQLClusterArgs.model_validate({"backup": {}, "my_cnf": {"binlog_expire_logs_seconds": 7200}} | fine)


@pytest.mark.parametrize("limit", ["max-binlog-total-size", "binlog_space_limit", "expire_logs_days"])
def test_binary_logs_of_mariadb_go_by_their_age_alone(limit: str) -> None:
    settings: dict[str, Any] = {"engine": {"kind": "mariadb"}, "my_cnf": {limit: 7}}
    assert "whether they are archived or not; use binlog_expire_logs_seconds" in refusal(backup={}, **settings)
    MySQLClusterArgs.model_validate({"backup": {"point_in_time": False}, **settings})


RESTORE = {"target": {"kind": "volume", "claim": "c"}, "cluster": "orders"}


@pytest.mark.parametrize(
    ("engine", "topology"),
    [
        ("mysql", "standalone"), ("mysql", "replication"), ("mysql", "group-replication"),
        ("mariadb", "standalone"), ("mariadb", "replication"),
    ],
)  # fmt: skip
def test_what_has_backups(engine: str, topology: str) -> None:
    cluster = {"engine": {"kind": engine}, "topology": {"kind": topology}, "backup": {}, "restore": RESTORE}
    args = MySQLClusterArgs.model_validate(cluster)
    assert args.backup and args.restore
