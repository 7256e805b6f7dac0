"""Results are kept and read again without loss, and the table says what they say."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import measured_part
import pytest
from faults import catalog, cli, report, results, summary
from faults.campaign import TOPOLOGIES
from faults.results import Result, Run

ROOT = Path(__file__).parents[1]
RESULT = Result(
    number=1, fault="kill-mysqld", target="primary", hold=0, member="orders-0", began="2026-01-01T00:00:00+00:00",
    write_gap=6.5, read_gap=0.1, reads_refused=2, stale_reads=0, healthy_after=9.25, primary_before="orders-0",
    primary_after="orders-0", acknowledged=900, refused=3, unknown=1, lost=[], double_primaries=[], other_findings=[],
)  # fmt: skip


def run(*made: Result, seed: int = 1) -> Run:
    return Run(
        seed, {"kind": "replication", "members": 3, "durability": "semi-sync"}, "2026-01-01T00:00:00+00:00", "run",
        "abc", {"processors": "2", "load before": "0.1"}, {"mysql": "9.7.4"}, ["kill-mysqld"], list(made),
    )  # fmt: skip


def changed(**fields: object) -> Result:
    return dataclasses.replace(RESULT, **fields)


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| `")]


def test_a_run_is_read_as_it_was_saved(tmp_path: Path) -> None:
    made = run(RESULT, changed(number=2, lost=["1 acknowledged writes are lost: 7"]))
    made.save(tmp_path)
    assert results.load(tmp_path) == results.load(tmp_path / results.FILE) == made


def test_repetitions_become_one_line() -> None:
    gaps = [1.0, 2.0, 3.0, 4.0]
    (line,) = cells(report.table([changed(number=n, write_gap=gap) for n, gap in enumerate(gaps)]))
    assert line[:6] == ["`kill-mysqld`", "primary", "4", "2.00", "4.00", "4.00"]
    assert line[6:10] == ["8", "0", "0", "0"]


def test_findings_and_moved_roles_are_counted() -> None:
    made = [RESULT, changed(number=2, lost=["x", "y"], double_primaries=["z"], primary_after="orders-1")]
    (line,) = cells(report.table(made))
    assert line[8:11] == ["1", "1", "1"]


def test_lines_stand_in_the_order_of_the_catalog() -> None:
    names = [fault.name for fault in catalog.FAULTS]
    found = cells(report.table([changed(fault=name) for name in reversed(names)]))
    assert [line[0].strip("`") for line in found] == names


def test_the_bounds_of_what_lasted_are_shown() -> None:
    assert "`cut-peers` 15.5 to 22 s" in report.table(
        [changed(fault="cut-peers", hold=15.5), changed(fault="cut-peers", hold=22.0)]
    )


def test_runs_of_several_topologies_have_a_table_each() -> None:
    other = dataclasses.replace(run(RESULT, seed=77), topology={"kind": "group-replication", "members": 3})
    galera = dataclasses.replace(run(RESULT), topology=TOPOLOGIES["galera"])
    text = report.document([run(RESULT), run(RESULT), other, galera])
    assert re.findall(r"^### (.*)$", text, re.M) == [
        "replication, 3 members, semi-sync",
        "group-replication, 3 members",
        "MariaDB, galera, 3 members",
    ]
    assert len(cells(text)) == 3
    assert "seed 77" in text


def test_a_line_is_of_the_newest_revision_that_did_it() -> None:
    old = dataclasses.replace(run(RESULT, changed(fault="delete-pod")), began="2026-01-01T00:00:00+00:00")
    new = dataclasses.replace(run(changed(write_gap=1.5)), began="2026-02-01T00:00:00+00:00", revision="def")
    more = dataclasses.replace(new, began="2026-01-31T00:00:00+00:00", results=[changed(write_gap=2.5)])
    killed, deleted = cells(report.document([new, old, more]))
    assert killed[2:6] == ["2", "1.50", "2.50", "2.50"]
    assert deleted[2:4] == ["1", "6.50"]


def test_figures_are_put_between_their_lines_only(tmp_path: Path) -> None:
    file = tmp_path / "faults.md"
    file.write_text(f"before\n{measured_part.BEGIN}\nold\n{measured_part.END}\nafter\n")
    measured_part.put("new", file)
    assert file.read_text() == f"before\n{measured_part.BEGIN}\nnew\n{measured_part.END}\nafter\n"


def test_a_document_without_a_place_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "faults.md"
    file.write_text("by hand\n")
    with pytest.raises(ValueError, match="measured: begin"):
        measured_part.put("new", file)
    assert file.read_text() == "by hand\n"


def test_runs_without_results_are_no_report() -> None:
    with pytest.raises(ValueError, match="no result"):
        report.document([run()])


def test_what_cannot_be_done_says_why() -> None:
    with pytest.raises(ValueError, match="time of day"):
        catalog.chosen(["clock-jump"], [])
    with pytest.raises(ValueError, match="kill-mysqld"):
        catalog.chosen(["kill"], [])


def test_faults_are_chosen_by_name() -> None:
    assert [fault.name for fault in catalog.chosen(["kill-pod", "kill-mysqld"], ["kill-pod"])] == ["kill-mysqld"]
    assert len(catalog.chosen([], [])) == len(catalog.FAULTS)


def test_readme_has_the_faults_that_people_ask_about_by_topology() -> None:
    deleted = changed(fault="delete-pod", write_gap=0.42)
    group = dataclasses.replace(run(RESULT, deleted, deleted), topology={"kind": "group-replication", "members": 3})
    text = summary.summary([run(changed(write_gap=1.23), changed(write_gap=4.56), changed(fault="cut-api")), group])
    assert (
        "| for how long nobody could write | replication, 3 members, semi-sync | group-replication, 3 members |" in text
    )
    assert "| the primary's mysqld is killed | 1.2 s (max 4.6) | 6.5 s |" in text
    assert "| the primary's pod is deleted | not measured | 0.4 s (max 0.4) |" in text
    assert "cut-api" not in text
    assert "6 faults; an acknowledged write was lost in 0 of them, and two primaries were seen in 0." in text


def test_readme_does_not_hide_what_was_lost() -> None:
    text = summary.summary([run(RESULT, changed(lost=["1 is gone"]), changed(double_primaries=["two"]))])
    assert "3 faults; an acknowledged write was lost in 1 of them, and two primaries were seen in 1." in text


def test_readme_asks_about_faults_that_there_are() -> None:
    there = {(fault.name, target) for fault in catalog.FAULTS for target in fault.targets}
    assert set(summary.ASKED_ABOUT) <= there


@pytest.mark.parametrize(("write", "shown"), [(report.document, cli.DOCUMENT), (summary.summary, cli.README)])
def test_the_documents_show_the_kept_results_and_nothing_else(
    write: Callable[[list[Run]], str], shown: Path, tmp_path: Path
) -> None:
    written = shutil.copy(ROOT / shown, tmp_path)
    measured_part.put(write(results.load_all(ROOT / cli.KEPT)), Path(written))
    assert Path(written).read_text() == (ROOT / shown).read_text(), "`python -m tests.faults report` writes it anew"
