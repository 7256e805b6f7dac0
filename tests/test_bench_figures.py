"""Medians, ratios and their intervals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.case import Subject, Target
from bench.figures import Figure, ratio
from bench.measure import one_round, rotated
from bench.units import shown

VALUES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=20)
ROUNDS = st.dictionaries(st.integers(0, 20), st.floats(0.001, 1e6), min_size=1)


@given(VALUES)
def test_a_figure_lies_within_what_was_measured(values: list[float]) -> None:
    figure = Figure.of(values)
    assert min(values) == figure.least <= figure.lower <= figure.median <= figure.upper <= figure.most == max(values)


def test_a_figure_is_the_middle_and_the_middle_half() -> None:
    assert Figure.of([5, 1, 4, 2, 3]) == Figure(5, 3, 2, 4, 1, 5)
    assert Figure.of([7]) == Figure(1, 7, 7, 7, 7, 7)


def test_no_samples_are_no_figure() -> None:
    with pytest.raises(ValueError, match="no samples"):
        Figure.of([])


@settings(max_examples=20)  # thousands of resamples each
@given(ROUNDS, st.floats(0.01, 100))
def test_a_subject_that_always_takes_so_much_more_has_that_ratio(reference: dict[int, float], times: float) -> None:
    found = ratio({number: value * times for number, value in reference.items()}, reference)
    assert found.value == pytest.approx(times)
    assert found.lower == pytest.approx(times)
    assert found.upper == pytest.approx(times)


@settings(max_examples=20)
@given(ROUNDS, ROUNDS)
def test_a_ratio_is_the_same_every_time_and_within_its_interval(one: dict[int, float], other: dict[int, float]) -> None:
    if not one.keys() & other.keys():
        with pytest.raises(ValueError, match="no round"):
            ratio(one, other)
        return
    found = ratio(one, other)
    assert found == ratio(one, other)
    assert found.lower <= found.upper


def test_an_interval_is_wide_where_rounds_differ() -> None:
    noisy = ratio({0: 1, 1: 9, 2: 2, 3: 8, 4: 5}, {0: 5, 1: 5, 2: 5, 3: 5, 4: 5})
    assert (noisy.lower, noisy.value, noisy.upper) == (0.2, 1.0, 1.8)


def test_a_reference_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="zero"):
        ratio({0: 1.0}, {0: 0.0})


def test_targets() -> None:
    assert Target("at most", 1.2).reached(1.2)
    assert not Target("at most", 1.2).reached(1.21)
    assert Target("at least", 0.8).reached(0.8)
    assert not Target("at least", 0.8).reached(0.79)


def test_every_round_has_every_subject_and_begins_with_another_one() -> None:
    order: list[str] = []
    subjects = [Subject(name, lambda name=name: order.append(name) or {"seconds": 1.0}) for name in "abc"]
    samples = [sample for number in range(4) for sample in one_round(subjects, number)]
    assert order == [*"abc", *"bca", *"cab", *"abc"]
    assert [(each.subject, each.round) for each in samples] == list(zip(order, sorted([0, 1, 2, 3] * 3), strict=True))
    assert rotated(subjects, 5) == [subjects[2], subjects[0], subjects[1]]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.01234, "s", "12.3 ms"),
        (1.5, "s", "1.5 s"),
        (151.26, "s", "151 s"),
        (91_910_000, "bytes", "91.9 MB"),
        (262e6, "bytes/s", "262 MB/s"),
        (0.0051, "share", "0.51 %"),
        (1234.5, "per second", "1234 /s"),
    ],
)
def test_values_have_units(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text  # pyright: ignore
