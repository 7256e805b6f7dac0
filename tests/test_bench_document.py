"""The document is what the results give, and nothing else."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from bench import cases, document
from bench.case import Case, Comparison, Measure, Target
from bench.paths import DOCUMENT, EARLIER, PLOTS, RESULTS
from bench.samples import Results, Sample, load

MEASURES = (Measure("seconds", "time", "s"), Measure("memory", "peak memory", "bytes"))
CASE = Case(
    name="walk",
    title="Walking",
    about="From here to there.",
    measures=MEASURES,
    comparisons=(
        Comparison("seconds", "fox", "hare", Target("at most", 1.5)),
        Comparison("memory", "fox", "hare", Target("at most", 1.2)),
        Comparison("seconds", "fox", "snail", Target("at most", 1.2)),
        Comparison("seconds", "hare", ("fox", "hare"), Target("at most", 1.5)),
    ),
    stage=lambda: nullcontext([]),
)
MACHINE = {"processors": "2 x drum", "memory": "24 GiB", "kernel": "1.2.3"}


def results(slower: float = 1.0) -> Results:
    samples = [
        Sample(subject, number, "2026-11-22T05:00:00+00:00", 1.5, 2.5, {"seconds": seconds, "memory": 2e6})
        for number in range(5)
        for subject, seconds in (("fox", (1 + number) * slower), ("hare", (1.0 + number) / 2))
    ]
    return Results("walk", "2026-11-22T05:00:00+00:00", "bench", "0123456789ab", MACHINE, {"python": "3.11.7"}, samples)


def rendered(folder: Path, *, earlier: Results | None = None) -> dict[str, str]:
    (folder / "earlier").mkdir()
    results().save(folder / "walk.json")
    if earlier:
        earlier.save(folder / "earlier" / "walk.json")
    return document.files([CASE], folder, folder / "earlier")


def test_every_sample_is_kept(tmp_path: Path) -> None:
    results().save(tmp_path / "walk.json")
    assert load(tmp_path / "walk.json") == results()


def test_figures_ratios_and_verdicts_come_from_the_samples(tmp_path: Path) -> None:
    text = rendered(tmp_path)["benchmarks.md"]
    assert "| fox | 5 | 3 s (2 s to 4 s) | 2 MB (2 MB to 2 MB) |" in text
    assert "| fox | hare | time | 2.00 (2.00 to 2.00) | at most 1.50 | missed by 33% |" in text
    assert "| fox | hare | peak memory | 1.00 (1.00 to 1.00) | at most 1.20 | reached |" in text
    assert "load of the machine 1.5 to 2.5." in text
    assert "| hare | fox or hare | time | 1.00 (1.00 to 1.00) | at most 1.50 | reached |" in text
    assert "snail" not in text, "what was not measured is not compared"


def test_an_earlier_revision_stands_beside(tmp_path: Path) -> None:
    text = rendered(tmp_path, earlier=results(slower=2.0))["benchmarks.md"]
    assert "| fox | hare | time | 2.00 (2.00 to 2.00) | 4.00 (4.00 to 4.00) | at most 1.50 | missed by 33% |" in text


def test_what_was_not_measured_is_named(tmp_path: Path) -> None:
    assert "## Not measured\n\n- Walking\n" in document.files([CASE], tmp_path, tmp_path)["benchmarks.md"]


def test_plots_are_the_same_every_time(tmp_path: Path) -> None:
    made = rendered(tmp_path)
    assert made == document.files([CASE], tmp_path, tmp_path / "earlier")
    plots = {name: text for name, text in made.items() if name.endswith(".svg")}
    assert plots.keys() == {"walk-seconds.svg", "walk-memory.svg"}
    assert all(text.startswith("<svg") and "Walking" in text and "<script" not in text for text in plots.values())


def test_tables_are_well_formed(tmp_path: Path) -> None:
    for text in (rendered(tmp_path)["benchmarks.md"], DOCUMENT.read_text()):
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_the_shipped_document_is_what_the_shipped_results_give() -> None:
    for name, text in document.files(cases.CASES, RESULTS, EARLIER).items():
        shipped = DOCUMENT if name == DOCUMENT.name else PLOTS / name
        assert shipped.read_text() == text, f"{shipped}: run `make bench-report`"


def test_no_case_is_there_twice_and_only_known_ones_are_chosen() -> None:
    assert len(cases.BY_NAME) == len(cases.CASES)
    assert cases.chosen([]) == list(cases.CASES)
    assert [case.name for case in cases.chosen(["preview", "imports"])] == ["imports", "preview"]
    with pytest.raises(ValueError, match="there is no case 'speed'"):
        cases.chosen(["speed"])


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_what_is_compared_is_measured(case: Case) -> None:
    assert {each.measure for each in case.comparisons} <= {measure.name for measure in case.measures}
