"""What a clone for a base backup came to: the server that received it restarts, and answers up to its end."""

from __future__ import annotations

import pymysql
import pytest

from mysql_k8s.backup import engine_mysql
from mysql_k8s.backup.scratch import Row, Scratch

PROGRESS: list[Row] = [{"STATE": "In Progress", "ERROR_MESSAGE": ""}]
COMPLETED: list[Row] = [{"STATE": "Completed", "ERROR_MESSAGE": ""}]
FAILED: list[Row] = [{"STATE": "Failed", "ERROR_MESSAGE": "the donor went away"}]


class Restarting(Scratch):
    """Answers as told, one answer a question."""

    def __init__(self, *answers: list[Row] | pymysql.MySQLError) -> None:
        self.answers = list(answers)

    def close(self) -> None: ...

    def wait_until_up(self) -> None: ...

    def rows(self, sql: str, values: object = ()) -> list[Row]:
        answer = self.answers.pop(0)
        if isinstance(answer, pymysql.MySQLError):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_mysql, "_LOOK_AGAIN_SECONDS", 0)


def test_a_server_that_is_about_to_end_is_asked_again() -> None:
    gone = pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query")
    assert engine_mysql._outcome(Restarting(PROGRESS, gone, PROGRESS, COMPLETED)) == COMPLETED


def test_what_failed_is_told_at_once() -> None:
    assert engine_mysql._outcome(Restarting(FAILED)) == FAILED


def test_what_never_ends_is_told_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_mysql, "_RESTART_SECONDS", 0)
    assert engine_mysql._outcome(Restarting(PROGRESS)) == PROGRESS


def test_what_goes_on_failing_is_raised_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_mysql, "_RESTART_SECONDS", 0)
    with pytest.raises(pymysql.OperationalError, match="gone away"):
        engine_mysql._outcome(Restarting(pymysql.err.OperationalError(2006, "the server has gone away")))
