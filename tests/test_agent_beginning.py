"""What the first events of the oldest binary log say, as both servers show them."""

from __future__ import annotations

import pytest

from mysql_k8s.agent.beginning import MARK, version_of_log
from mysql_k8s.agent.facts import Report
from mysql_k8s.agent.gtid import NOTHING
from mysql_k8s.agent.mysqld import Row
from mysql_k8s.agent.wire import report_from_json, report_to_json

MYSQL = ("Server ver: 9.7.4-2, Binlog ver: 4", "Previous_gtids", "")
MARIADB = ("Server ver: 11.8.9-MariaDB-4 from Debian-log, Binlog ver: 4", "Gtid_list", "[]")


def events(begins: tuple[str, str, str], *queries: str) -> list[Row]:
    version, kind, listed = begins
    first = [{"Event_type": "Format_desc", "Info": version}, {"Event_type": kind, "Info": listed}]
    return first + [
        event
        for query in queries
        for event in ({"Event_type": "Gtid", "Info": ""}, {"Event_type": "Query", "Info": query})
    ]


@pytest.mark.parametrize(("begins", "version"), [(MYSQL, "9.7.4"), (MARIADB, "11.8.9")])
def test_the_version_counts_only_if_the_log_begins_as_it_must(begins: tuple[str, str, str], version: str) -> None:
    schema = "CREATE SCHEMA IF NOT EXISTS mysql_k8s"
    assert version_of_log(events(begins), new=True) == version
    assert version_of_log(events(begins, MARK, schema), new=False) == version
    assert version_of_log(events(begins, f"{MARK} /* xid=44 */", schema), new=False) == version
    assert not version_of_log(events(begins, schema, MARK), new=False), "something was there before"
    assert not version_of_log(events(begins, "BEGIN", MARK), new=False)
    assert not version_of_log(events(begins), new=False), "the log was reset"
    assert version_of_log(events(begins, MARK), new=True) == version, "it has just arrived"
    assert not version_of_log(events(begins, schema), new=True)


def test_agents_tell_each_other_and_earlier_ones_tell_nothing() -> None:
    report = Report(0, "", NOTHING, NOTHING, NOTHING, beginning="9.7.4")
    text = report_to_json(report)
    assert report_from_json(text).beginning == "9.7.4"
    assert not report_from_json(text.replace('"beginning"', '"unknown"')).beginning
