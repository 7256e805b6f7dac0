"""MariaDB's positions and states as sets, against a model of one linear history with several writers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.agent.gtid_mariadb import from_state, position, state_at, to_state

WRITERS = st.lists(st.integers(1, 4), max_size=12)
"""Who wrote each transaction of a history, in order: numbers grow by one each, over all writers."""


def held_after(history: list[int], count: int) -> GtidSet:
    """What a server's binary log state says after the first ``count`` transactions."""
    last = {writer: number for number, writer in enumerate(history[:count], start=1)}
    return from_state(",".join(f"0-{writer}-{number}" for writer, number in last.items()))


def position_after(history: list[int], count: int) -> str:
    return f"0-{history[count - 1]}-{count}" if count else ""


@given(WRITERS, st.data())
def test_of_two_servers_with_one_history_the_longer_holds_the_other(history: list[int], data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(0, len(history))) for _ in range(2))
    assert (held_after(history, one) <= held_after(history, other)) is (one <= other)


@given(WRITERS, WRITERS, WRITERS)
def test_histories_that_parted_are_told_apart(common: list[int], one: list[int], other: list[int]) -> None:
    """Each goes on with a writer of its own, as a server id is never used for two histories."""
    left = held_after([*common, *(10 + writer for writer in one)], len(common) + len(one))
    right = held_after([*common, *(20 + writer for writer in other)], len(common) + len(other))
    assert (left <= right) is (not one)
    assert (right <= left) is (not other)
    assert bool((left - right).without_source("0-11")) is any(writer != 1 for writer in one)


@given(WRITERS)
def test_a_state_is_read_as_it_was_written(history: list[int]) -> None:
    held = held_after(history, len(history))
    assert from_state(to_state(held)) == held
    assert GtidSet.parse(str(held)) == held
    assert bool(held) is bool(history)


@given(WRITERS)
def test_the_newest_transaction_is_named_last(history: list[int]) -> None:
    """MariaDB takes that one for its own newest, whatever the numbers say."""
    held = held_after(history, len(history))
    assert to_state(held).rpartition(",")[2] == position_after(history, len(history)) == position(held)


def growing(history: list[int]) -> list[int]:
    """The same history, but nobody writes again once another one has: as primaries follow each other."""
    return sorted(history)


@given(WRITERS, st.data())
def test_a_copy_holds_what_its_position_says(history: list[int], data: st.DataObject) -> None:
    history = growing(history)
    before, at, after = sorted(data.draw(st.integers(0, len(history))) for _ in range(3))
    found = state_at(position_after(history, at), held_after(history, before), held_after(history, after))
    expected = held_after(history, at) if at else held_after(history, before)
    assert found == expected


@given(WRITERS, st.data())
def test_a_copy_is_never_said_to_hold_more(history: list[int], data: st.DataObject) -> None:
    """Also where writers alternate: then it may be said to hold less, which is found and reported, never more."""
    before, at, after = sorted(data.draw(st.integers(0, len(history))) for _ in range(3))
    found = state_at(position_after(history, at), held_after(history, before), held_after(history, after))
    assert found <= held_after(history, at) | held_after(history, before)


def test_nothing_is_nothing() -> None:
    assert from_state("") == from_state(" \n") == NOTHING
    assert to_state(NOTHING) == ""


def test_the_last_number_counts() -> None:
    assert str(from_state("0-7-4, 0-5-2,0-7-3")) == "0-5:1-2,0-7:1-4"


@pytest.mark.parametrize("text", ["0-5", "0-5-x", "a-5-1", "0-5-1-2", "00000000-0000-4000-8000-000000000000:1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a GTID of MariaDB"):
        from_state(text)
