"""Percentiles and pauses are computed as the report says."""

from __future__ import annotations

import pytest
from faults.statistics import Spread, longest_pause, percentile
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.lists(st.floats(0, 1e6), min_size=1)


def test_percentiles_by_nearest_rank() -> None:
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    assert [percentile(values, percent) for percent in (5, 30, 40, 50, 95, 100)] == [15, 20, 20, 35, 50, 50]


def test_of_a_hundred_values_the_95th_is_not_the_largest() -> None:
    assert percentile([float(n) for n in range(1, 101)], 95) == 95


@given(VALUES, st.floats(0, 100))
def test_a_percentile_is_a_measured_value_that_so_many_do_not_exceed(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100


@given(VALUES)
def test_a_spread_is_in_order(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.p50 <= spread.p95 <= spread.max
    assert spread.count == len(values)


def test_nothing_measured_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([9.9, 10.1, 10.2, 15.0, 19.9, 20.1], 4.9),
        ([9.0, 21.0], 12.0),  # a pause counts whole, also where it begins before and ends after
        ([1.0, 9.9, 10.5, 19.0, 40.0], 21.0),
        ([1.0, 8.0, 9.9, 20.0], 10.1),  # what was long before the fault does not count
        ([], 10.0),
        ([12.0], 8.0),
    ],
)
def test_the_longest_pause_of_a_time(moments: list[float], expected: float) -> None:
    assert longest_pause(moments, 10, 20) == pytest.approx(expected)
