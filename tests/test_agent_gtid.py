"""GTID arithmetic against a model: plain Python sets of (source, number)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s.agent.gtid import NOTHING, GtidSet

UUIDS = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(3)]
SOURCES = [*UUIDS, f"{UUIDS[0]}:tag"]
transactions = st.frozensets(st.tuples(st.sampled_from(SOURCES), st.integers(1, 12)), max_size=25)


def to_gtids(model: frozenset[tuple[str, int]]) -> GtidSet:
    return GtidSet.parse(",".join(f"{source}:{number}" for source, number in model))


def to_model(gtids: GtidSet) -> frozenset[tuple[str, int]]:
    return frozenset(
        (source, number)
        for source, intervals in gtids.intervals.items()
        for first, last in intervals
        for number in range(first, last + 1)
    )


@given(transactions, transactions)
def test_operations_agree_with_plain_sets(a: frozenset[tuple[str, int]], b: frozenset[tuple[str, int]]) -> None:
    left, right = to_gtids(a), to_gtids(b)
    assert to_model(left) == a
    assert to_model(left | right) == a | b
    assert to_model(left - right) == a - b
    assert (left <= right) == (a <= b)
    assert (left >= right) == (a >= b)
    assert len(left) == len(a)
    assert bool(left) == bool(a)


@given(transactions)
def test_text_round_trip_is_canonical(a: frozenset[tuple[str, int]]) -> None:
    gtids = to_gtids(a)
    assert GtidSet.parse(str(gtids)) == gtids
    assert GtidSet.parse(str(gtids).upper().replace(",", ",\n")) == gtids


@given(transactions)
def test_without_source_removes_tagged_transactions_too(a: frozenset[tuple[str, int]]) -> None:
    assert to_model(to_gtids(a).without_source(UUIDS[0])) == {t for t in a if not t[0].startswith(UUIDS[0])}


def test_reads_the_form_that_mysql_prints_for_tags() -> None:
    text = f"{UUIDS[0]}:1-3:7:audit:1-2:jobs:4,{UUIDS[1]}:5"
    assert str(GtidSet.parse(text)) == f"{UUIDS[0]}:1-3:7,{UUIDS[0]}:audit:1-2,{UUIDS[0]}:jobs:4,{UUIDS[1]}:5"


def test_adjacent_intervals_are_joined() -> None:
    assert str(GtidSet.parse(f"{UUIDS[0]}:1-3:4-6:6-9")) == f"{UUIDS[0]}:1-9"


def test_empty_text_is_the_empty_set() -> None:
    assert GtidSet.parse(" \n") == NOTHING


@pytest.mark.parametrize(
    "text", ["nonsense", "1-5", f"{UUIDS[0]}", f"{UUIDS[0]}:5-3", f"{UUIDS[0]}:0", f"{UUIDS[0]}:1-x"]
)
def test_refuses_what_is_not_a_gtid_set(text: str) -> None:
    with pytest.raises(ValueError):
        GtidSet.parse(text)


@pytest.mark.parametrize(
    ("have", "wanted", "lacking"),
    [("", "1-5", 5), ("1-5", "1-5", 0), ("1-3", "1-5", 2), ("2-3:5", "1-6", 3), ("1-9", "1-5", 0)],
)
def test_how_many_are_missing(have: str, wanted: str, lacking: int) -> None:
    held = GtidSet.parse(f"{UUIDS[0]}:{have}") if have else NOTHING
    assert len(GtidSet.parse(f"{UUIDS[0]}:{wanted}") - held) == lacking
