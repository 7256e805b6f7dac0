"""How much room a member needs before it writes."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mysql_k8s.agent.volume import LARGEST_RESERVE, MIB, SMALLEST_RESERVE, Volume, measure

SIZES = st.integers(1, 2**50)


@given(SIZES, SIZES)
def test_a_volume_is_never_both_full_and_roomy(free: int, total: int) -> None:
    volume = Volume(free, total)
    assert not (volume.full and volume.roomy)
    assert SMALLEST_RESERVE <= volume.reserve <= LARGEST_RESERVE


@given(SIZES, SIZES, SIZES)
def test_more_room_never_makes_it_worse(free: int, more: int, total: int) -> None:
    before, after = Volume(free, total), Volume(free + more, total)
    assert before.full >= after.full
    assert before.roomy <= after.roomy


def test_the_text_says_how_large_it_is_and_what_is_needed() -> None:
    assert str(Volume(MIB, 2048 * MIB)) == "the volume of 2048 MiB is full, writing goes on when 204 MiB are free"


def test_the_text_does_not_change_with_every_byte() -> None:
    assert str(Volume(MIB, 2048 * MIB)) == str(Volume(7 * MIB, 2048 * MIB))


def test_a_folder_is_measured(tmp_path: Path) -> None:
    found = measure(tmp_path)
    assert found is not None
    assert 0 <= found.free <= found.total


def test_a_folder_that_is_not_mounted_tells_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path / "absent") is None
