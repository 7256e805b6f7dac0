"""Counting transactions in GTID sets."""

import pytest

from mysql_k8s.operate.gtid import count, missing, parse

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "4f22fa47-71ca-11e1-9e33-c80aa9429562"


@pytest.mark.parametrize(
    ("text", "transactions"),
    [
        ("", 0),
        (f"{A}:1", 1),
        (f"{A}:1-5", 5),
        (f"{A}:1-5:7:9-10", 8),
        (f"{A}:1-5,\n{B}:1-3", 8),
        (f"{A}:1-5:nightly:1-2", 7),
        (f"{A}:nightly:1-2:weekly:1-3", 5),
        (f"{A}:1-5:4-6", 6),
    ],
)
def test_count(text: str, transactions: int) -> None:
    assert count(text) == transactions


@pytest.mark.parametrize(
    ("have", "wanted", "lacking"),
    [
        ("", "", 0),
        ("", f"{A}:1-5", 5),
        (f"{A}:1-5", f"{A}:1-5", 0),
        (f"{A}:1-3", f"{A}:1-5", 2),
        (f"{A}:2-3:5", f"{A}:1-6", 3),
        (f"{A}:1-9", f"{A}:1-5", 0),
        (f"{A}:1-5", f"{A}:1-5,{B}:1-2", 2),
        (f"{A}:1-5", f"{A}:1-5:nightly:1-2", 2),
        (f"{A.upper()}:1-5", f"{A}:1-5", 0),
    ],
)
def test_missing(have: str, wanted: str, lacking: int) -> None:
    assert missing(have, wanted) == lacking


def test_a_tag_is_a_source_of_its_own() -> None:
    assert parse(f"{A}:1-2:nightly:3") == {A: [(1, 2)], f"{A}:nightly": [(3, 3)]}
