"""Telling a passing difficulty from one that stays."""

from mysql_k8s.operate.patience import Patience


def patience() -> Patience[str]:
    return Patience(grace=25, gap=20, key=lambda item: item)


def test_what_stays_lasts_after_the_grace() -> None:
    watch = patience()
    assert watch.lasted(["crash"], 0) == []
    assert watch.lasted(["crash"], 12) == []
    assert watch.lasted(["crash"], 24) == []
    assert watch.lasted(["crash"], 25) == ["crash"]


def test_what_goes_away_for_long_starts_anew() -> None:
    watch = patience()
    watch.lasted(["crash"], 0)
    watch.lasted([], 10)
    assert watch.lasted(["crash"], 30) == []
    assert watch.lasted(["crash"], 49) == []
    assert watch.lasted(["crash"], 55) == ["crash"]


def test_a_crash_loop_that_looks_healthy_between_two_crashes_lasts() -> None:
    watch = patience()
    watch.lasted(["crash"], 0)
    watch.lasted([], 5)
    watch.lasted(["crash"], 15)
    watch.lasted([], 20)
    assert watch.lasted(["crash"], 30) == ["crash"]


def test_items_are_timed_apart() -> None:
    watch = patience()
    watch.lasted(["one"], 0)
    watch.lasted(["one", "two"], 15)
    assert watch.lasted(["one", "two"], 30) == ["one"]
