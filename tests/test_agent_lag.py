"""The lag is the age of the oldest state of the primary that the replica has not reached."""

from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s.agent.gtid import GtidSet
from mysql_k8s.agent.lag import MOST_NOTES, LagNotes

UUID = "00000000-0000-4000-8000-000000000000"


def upto(number: int) -> GtidSet:
    return GtidSet.parse(f"{UUID}:1-{number}") if number else GtidSet({})


def test_a_replica_that_has_everything_has_no_lag() -> None:
    assert LagNotes().observe(10, upto(5), upto(5)).seconds(100) == 0


def test_lag_counts_from_the_oldest_state_not_reached() -> None:
    notes = LagNotes().observe(0, upto(5), upto(5)).observe(1, upto(6), upto(5)).observe(2, upto(9), upto(5))
    assert notes.seconds(4) == 3
    assert notes.observe(5, upto(9), upto(6)).seconds(5) == 3, "5 s now, the state noted at 2 s is the oldest missing"
    assert notes.observe(5, upto(9), upto(9)).seconds(9) == 0


def test_a_steady_writer_does_not_make_a_keeping_up_replica_late() -> None:
    notes = LagNotes()
    for second in range(100):
        notes = notes.observe(second, upto(10 * second + 10), upto(10 * second))
        assert notes.seconds(second) <= 1


def test_a_primary_that_cannot_be_asked_does_not_make_an_idle_replica_late() -> None:
    notes = LagNotes().observe(0, upto(5), upto(5))
    for second in range(1, 1000):
        notes = notes.observe(second, None, upto(5))
    assert notes.seconds(1000) == 0


def test_a_replica_known_to_lack_something_stays_late_while_the_primary_is_silent() -> None:
    notes = LagNotes().observe(0, upto(6), upto(5)).observe(50, None, upto(5))
    assert notes.seconds(50) == 50


def test_what_a_primary_lost_with_its_volume_makes_nobody_late() -> None:
    notes = LagNotes().observe(0, upto(9), upto(5))
    assert notes.seconds(20) == 20
    assert notes.observe(20, upto(5), upto(5)).seconds(21) == 0
    assert notes.observe(20, upto(6), upto(5)).seconds(21) == 1, "late for what the primary has now"


def test_a_replica_that_began_from_nothing_catches_up_with_what_the_primary_held_when_first_asked() -> None:
    notes = LagNotes(catching_up=True).observe(0, None, upto(1)).observe(1, upto(5), upto(2))
    assert notes.catching_up
    assert notes.observe(2, None, upto(4)).catching_up
    assert not notes.observe(2, upto(9), upto(5)).catching_up, "not all that it holds now: that is what the lag tells"
    assert not notes.observe(2, upto(9), upto(5)).observe(3, upto(20), upto(9)).catching_up
    assert not LagNotes().observe(0, upto(5), upto(2)).catching_up


def test_notes_are_bounded_and_keep_the_oldest() -> None:
    notes = LagNotes()
    for second in range(2 * MOST_NOTES):
        notes = notes.observe(second, upto(second + 1), upto(0))
        assert len(notes.notes) <= MOST_NOTES
    assert notes.seconds(2 * MOST_NOTES) == 2 * MOST_NOTES


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60))
def test_agrees_with_the_whole_history(steps: list[tuple[int, int]]) -> None:
    """Against the definition: keep every state for ever, and look for the first one not reached."""
    notes, history, primary, replica = LagNotes(), list[tuple[int, GtidSet]](), 0, 0
    for now, (written, applied) in enumerate(steps):
        primary += written
        replica = min(primary, replica + applied)
        history.append((now, upto(primary)))
        notes = notes.observe(now, upto(primary), upto(replica))
        missing = [at for at, state in history if not state <= upto(replica)]
        assert notes.seconds(now) == (now - missing[0] if missing else 0)
