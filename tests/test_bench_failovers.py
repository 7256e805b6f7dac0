"""The table of lost primaries is what fault runs found."""

from __future__ import annotations

from dataclasses import replace

from faults.results import Result, Run

from bench.failovers import failovers

RESULT = Result(
    1, "kill-mysqld", "primary", 0.0, "db-0", "2026-11-22T05:00:00+00:00", 4.0, 0.1, 0, 0, 9.0, "db-0", "db-1",
    10, 0, 0, [], [], [],
)  # fmt: skip
RUN = Run(
    1, {"kind": "group-replication", "members": 3}, "2026-11-22T05:00:00+00:00", "run", "0123456789ab", {}, {}, []
)


def run(*results: Result) -> Run:
    return replace(RUN, results=list(results))


def test_one_line_for_each_fault_with_all_runs() -> None:
    (found,) = failovers([run(RESULT), run(replace(RESULT, write_gap=6.0, lost=["7"]))])
    assert (found.topology, found.fault, found.runs, found.lost) == (
        "group-replication, 3 members", "kill-mysqld", 2, 1,
    )  # fmt: skip
    assert found.without_write == "5.0 s (4.0 to 6.0)"
    assert found.whole == "9.0 s (9.0 to 9.0)"


def test_what_is_no_longer_so_is_left_out() -> None:
    newer = replace(RUN, began="2026-11-22T06:00:00+00:00", revision="ba9876543210")
    (found,) = failovers([run(RESULT), replace(newer, results=[replace(RESULT, write_gap=2.0)])])
    assert (found.runs, found.without_write) == (1, "2.0 s (2.0 to 2.0)")


def test_what_leaves_the_primary_alone_is_left_out() -> None:
    others = (replace(RESULT, target="replica"), replace(RESULT, fault="pause-short"), replace(RESULT, fault="none"))
    assert failovers([run(*others)]) == []


def test_how_long_a_fault_lasts_is_told() -> None:
    held = replace(RESULT, fault="pause-mysqld", hold=30.0)
    assert failovers([run(held)])[0].what.endswith(", for 30 s")
    assert failovers([run(held, replace(held, hold=20.0))])[0].what.endswith(", for 20 to 30 s")
