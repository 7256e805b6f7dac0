"""The schedule of a fault run is decided by its seed."""

from __future__ import annotations

import itertools

import pytest
from faults import schedule
from faults.schedule import Choice, Step, Target
from hypothesis import given
from hypothesis import strategies as st

CHOICES = [
    Choice("kill", Target.PRIMARY),
    Choice("kill", Target.REPLICA),
    Choice("pause", Target.PRIMARY, 3, 30),
    Choice("update", Target.ALL),
]


def first(seed: int, count: int) -> list[Step]:
    return list(itertools.islice(schedule.steps(seed, CHOICES), count))


def test_the_same_seed_draws_the_same_faults() -> None:
    assert first(7, 50) == first(7, 50)


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    assert first(7, 50)[:20] == first(7, 20)


def test_another_seed_draws_others() -> None:
    assert first(7, 50) != first(8, 50)


def test_a_known_seed_draws_what_it_drew_before() -> None:
    """So that a seed in an old report still means the same run."""
    assert [str(step) for step in first(1, 4)] == KNOWN


KNOWN = ["kill (replica)", "pause (primary) for 15.8 s", "kill (primary)", "update (all members)"]


@given(st.integers(), st.integers(1, 5))
def test_every_choice_comes_as_often_as_asked(seed: int, times: int) -> None:
    made = schedule.repeated(seed, CHOICES, times)
    assert [step.number for step in made] == list(range(1, times * len(CHOICES) + 1))
    for choice in CHOICES:
        assert sum((step.fault, step.target) == (choice.fault, choice.target) for step in made) == times


@given(st.integers())
def test_a_fault_lasts_as_long_as_its_bounds_say(seed: int) -> None:
    for step in first(seed, 8):
        bounds = next(c for c in CHOICES if (c.fault, c.target) == (step.fault, step.target))
        assert bounds.shortest <= step.hold <= bounds.longest


def test_nothing_to_choose_from_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="--faults"):
        schedule.steps(1, [])


@given(st.lists(st.integers(), min_size=1), st.floats(0, 1, exclude_max=True))
def test_a_draw_means_one_of_the_candidates(candidates: list[int], draw: float) -> None:
    assert schedule.picked(candidates, draw) in candidates


def test_draws_reach_every_candidate() -> None:
    assert [schedule.picked([1, 2], draw) for draw in (0.0, 0.49, 0.5, 0.99)] == [1, 1, 2, 2]


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("30m", 1800), ("2h", 7200)])
def test_durations(text: str, expected: float) -> None:
    assert schedule.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "30", "m", "0m", "1.5h", "-3m", "30 m", "3d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="30m"):
        schedule.seconds(text)
