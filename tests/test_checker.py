"""The checker of the cluster tests must see what it is there to see: hand-made histories, good and bad."""

from __future__ import annotations

import pytest
from cluster.support.checker import check, gtid_set
from cluster.support.history import History, Outcome, Write
from cluster.support.session_track import SESSION_STATE_CHANGED, gtid_of

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"


def writes(**outcomes: Outcome) -> list[Write]:
    """Write number n has the outcome of keyword w<n>, and took from second n to n + 0.5."""
    return [Write(n, outcome, n, n + 0.5) for n, outcome in ((int(name[1:]), o) for name, o in outcomes.items())]


def test_a_complete_history_is_clean() -> None:
    verdict = check(writes(w1=Outcome.OK, w2=Outcome.OK), [1, 2])
    assert verdict.clean
    assert (verdict.attempted, verdict.acknowledged) == (2, 2)


def test_a_missing_acknowledged_write_is_lost() -> None:
    verdict = check(writes(w1=Outcome.OK, w2=Outcome.OK, w3=Outcome.OK), [1, 3])
    assert verdict.lost == (2,)
    assert not verdict.clean
    assert "lost 1: 2" in str(verdict)


def test_an_empty_cluster_has_lost_everything() -> None:
    assert check(writes(w1=Outcome.OK, w2=Outcome.OK), []).lost == (1, 2)


@pytest.mark.parametrize("found", [[1], [1, 2]])
def test_a_write_without_an_answer_may_be_there_or_not(found: list[int]) -> None:
    verdict = check(writes(w1=Outcome.OK, w2=Outcome.UNKNOWN), found)
    assert verdict.clean
    assert verdict.recovered == len(found) - 1


def test_a_refused_write_must_not_be_there() -> None:
    verdict = check(writes(w1=Outcome.OK, w2=Outcome.FAILED), [1, 2])
    assert verdict.unexpected == (2,)
    assert not verdict.clean


def test_a_write_that_nobody_attempted_must_not_be_there() -> None:
    assert check(writes(w1=Outcome.OK), [1, 7]).unexpected == (7,)


def test_a_write_must_not_be_there_twice() -> None:
    verdict = check(writes(w1=Outcome.OK), [1, 1])
    assert verdict.doubled == (1,)
    assert not verdict.clean


def test_the_longest_gap_is_between_acknowledged_writes() -> None:
    history = writes(w1=Outcome.OK, w2=Outcome.OK, w5=Outcome.UNKNOWN, w9=Outcome.OK)
    assert check(history, [1, 2, 9]).longest_gap == 7


def test_a_history_keeps_what_was_noted() -> None:
    history = History()
    for write in writes(w1=Outcome.OK, w2=Outcome.FAILED):
        history.note(write)
    assert history.acknowledged() == 1
    assert [write.value for write in history.writes()] == [1, 2]


def test_gtids_are_joined_to_intervals() -> None:
    gtids = [f"{UUID}:{number}" for number in (3, 1, 2, 7)]
    assert gtid_set(gtids) == f"{UUID}:1-3:7"
    assert gtid_set([]) == ""


def test_a_gtid_is_read_from_an_ok_packet() -> None:
    gtid = f"{UUID}:42".encode()
    entry = bytes([3, len(gtid) + 2, 0, len(gtid)]) + gtid
    other = bytes([1, 2, 1, ord("1")])
    message = bytes([2]) + b"ok" + bytes([len(other + entry)]) + other + entry
    assert gtid_of(message, SESSION_STATE_CHANGED) == gtid.decode()


def test_an_ok_packet_without_a_change_of_the_session_has_no_gtid() -> None:
    assert gtid_of(b"", 0x0002) is None
    assert gtid_of(bytes([0, 4, 1, 2, 1, ord("1")]), SESSION_STATE_CHANGED) is None
