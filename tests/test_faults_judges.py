"""The judges of the fault runs must see what they are there to see: hand-made histories, good and bad."""

from __future__ import annotations

import pytest
from cluster.support.checker import check
from cluster.support.history import Outcome, Write
from faults import judges
from faults.records import Append, Attempt, Increment, RoleSample, StaleRead

OK, FAILED, UNKNOWN = Outcome.OK, Outcome.FAILED, Outcome.UNKNOWN


# --- the plain set ----------------------------------------------------------------------------------------------------


def test_a_lost_write_is_found() -> None:
    history = [Write(1, OK, 0, 1), Write(2, OK, 1, 2), Write(3, UNKNOWN, 2, 3)]
    assert judges.writes(check(history, [1, 2])) == []
    assert judges.writes(check(history, [2, 3])) == ["1 acknowledged writes are lost: 1"]


def test_a_refused_and_a_doubled_write_are_found() -> None:
    found = judges.writes(check([Write(1, FAILED, 0, 1), Write(2, OK, 1, 2)], [1, 2, 2]))
    assert len(found) == 2


def test_a_missing_gtid_is_found() -> None:
    assert judges.gtids({"orders-0": "", "orders-1": ""}) == []
    assert judges.gtids({"orders-0": "", "orders-1": "u:7"}) == ["orders-1 lacks the acknowledged transactions u:7"]


def test_a_member_with_other_rows_is_found() -> None:
    assert judges.copies({"the primary": [1, 2], "orders-0": [2, 1]}) == []
    assert judges.copies({"the primary": [1, 2], "orders-0": [1, 3]}) == [
        "the primary and orders-0 differ in 2 rows: 2, 3"
    ]


# --- lists ------------------------------------------------------------------------------------------------------------


def append(element: int, seen: tuple[int, ...], outcome: Outcome = OK) -> Append:
    return Append(1, element, seen, outcome, ended=element)


def test_lists_that_grow_are_clean() -> None:
    made = [append(1, ()), append(2, (1,)), append(3, (1, 2), UNKNOWN), append(4, (1, 2), FAILED), append(5, (1, 2))]
    assert judges.lists(made, {1: [1, 2, 5]}) == []


def test_an_append_without_an_answer_may_be_there() -> None:
    made = [append(1, ()), append(3, (1,), UNKNOWN), append(5, (1, 3))]
    assert judges.lists(made, {1: [1, 3, 5]}) == []


@pytest.mark.parametrize(
    ("final", "why"),
    [
        ([1], "an acknowledged append at the end is gone"),
        ([2], "one in the middle is gone"),
        ([2, 1], "the order is another one"),
        ([], "everything is gone"),
    ],
)
def test_a_list_that_is_not_what_was_seen_is_found(final: list[int], why: str) -> None:
    assert judges.lists([append(1, ()), append(2, (1,))], {1: final}), why


def test_a_list_that_is_gone_is_found() -> None:
    assert judges.lists([append(1, ())], {})


def test_an_update_that_overwrote_another_is_found() -> None:
    """Both saw the empty list, and both were told that their element is in it."""
    assert judges.lists([append(1, ()), append(2, ())], {1: [2]})
    assert judges.lists([append(1, ()), append(2, ())], {1: [1, 2]})


def test_an_element_that_was_refused_or_is_there_twice_is_found() -> None:
    assert judges.lists([append(1, (), FAILED)], {1: [1]})
    assert judges.lists([append(1, ())], {1: [1, 1]})


# --- increments -------------------------------------------------------------------------------------------------------


def added(*results: int, unknown: int = 0) -> list[Increment]:
    known = [Increment(result, OK, 0) for result in results]
    return known + [Increment(None, UNKNOWN, 0)] * unknown


@pytest.mark.parametrize("final", [3, 4])
def test_increments_that_add_up_are_clean(final: int) -> None:
    assert judges.increments(added(1, 2, 3, unknown=1), final) == []


def test_a_lost_update_is_found() -> None:
    """Two clients were told the same result: one did not see the other's."""
    assert judges.increments(added(1, 2, 2, 3), 3)


@pytest.mark.parametrize("final", [2, 5])
def test_too_little_and_too_much_are_found(final: int) -> None:
    assert judges.increments(added(1, 2, 3, unknown=1), final)


def test_an_unanswered_increment_does_not_hide_a_lost_one() -> None:
    assert judges.increments(added(1, 2, 4, unknown=1), 3)


# --- reads ------------------------------------------------------------------------------------------------------------


def test_a_stale_read_is_found_once_a_lost_role_no_longer_explains_it() -> None:
    soon, late = StaleRead(105, "orders-0", (7,)), StaleRead(113, "orders-0", (8, 9))
    assert judges.stale_reads([soon], fault_began=100) == []
    (found,) = judges.stale_reads([soon, late], fault_began=100)
    assert found.startswith("1 reads")
    assert "orders-0" in found


# --- primaries --------------------------------------------------------------------------------------------------------


def sample(moment: float, *labelled: str, endpoints: tuple[str, ...] = ()) -> RoleSample:
    return RoleSample(moment, labelled, endpoints)


def accepted(member: str, *moments: float) -> list[Attempt]:
    return [Attempt(member, moment, moment + 0.05, accepted=True) for moment in moments]


def refused(member: str, *moments: float) -> list[Attempt]:
    return [Attempt(member, moment, moment + 0.05, accepted=False) for moment in moments]


def test_one_primary_after_the_other_is_clean() -> None:
    samples = [sample(1, "a", endpoints=("a",)), sample(2), sample(3, "b", endpoints=("b",))]
    attempts = [*accepted("a", 1, 1.2), *refused("b", 1, 1.2), *refused("a", 2, 2.2), *accepted("b", 2.1, 2.3)]
    assert judges.double_primaries(samples, attempts) == []


def test_there_and_back_again_is_clean() -> None:
    attempts = [*accepted("a", 1.0, 1.2), *refused("a", 2.0), *accepted("b", 2.1), *accepted("a", 2.6, 2.8)]
    assert judges.double_primaries([], attempts) == []


def test_a_break_that_nobody_watched_shows_nothing() -> None:
    attempts = [*accepted("a", 1.0), *accepted("b", 3.0), *accepted("a", 9.0)]
    assert judges.double_primaries([], attempts) == []


def test_a_simulated_double_primary_is_found() -> None:
    """Positive control: two members accept writes at the same time, as after a split that both sides survived."""
    attempts = [*accepted("a", 1.0, 1.2, 1.4, 1.6), *refused("b", 1.0), *accepted("b", 1.3, 1.5, 1.7)]
    found = judges.double_primaries([], attempts)
    assert any("b accepted 2 writes while a went on accepting writes" in each for each in found)


def test_slow_commits_do_not_hide_a_double_primary() -> None:
    one = [Attempt("a", began, began + 1, accepted=True) for began in (1.0, 2.1, 3.2, 4.3)]
    other = [Attempt("b", began, began + 1, accepted=True) for began in (1.5, 2.6, 3.7)]
    assert judges.double_primaries([], [*one, *other])


def test_two_labels_and_two_endpoints_are_found() -> None:
    samples = [sample(1, "a"), sample(2, "a", "b", endpoints=("a", "b")), sample(3, "b", endpoints=("b",))]
    assert len(judges.double_primaries(samples, [])) == 2


def test_a_role_that_moved_for_nothing_is_found() -> None:
    assert judges.failover("orders-0", "orders-0") == []
    assert judges.failover("orders-0", "orders-1")
