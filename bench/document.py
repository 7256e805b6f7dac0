"""The document and its plots, made from results alone. Pure, but for reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faults.results import load_all
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import plots, samples
from .case import Case, Comparison, Measure, Target
from .failovers import failovers
from .figures import Figure, Ratio, ratio
from .paths import BENCH, DOCUMENT, FAULTS, PLOTS
from .published import FAILOVERS
from .samples import Results
from .units import shown


@dataclass(frozen=True)
class Row:
    """A subject and its figures, as text, in the order of the case's measures."""

    subject: str
    samples: int
    cells: list[str]


@dataclass(frozen=True)
class Line:
    """A comparison as text."""

    subject: str
    reference: str
    measure: str
    ratio: str
    earlier: str
    target: str
    reached: str


@dataclass(frozen=True)
class Section:
    """All that is told of a case that was measured."""

    case: Case
    results: Results
    rows: list[Row]
    lines: list[Line]
    plots: list[str]
    earlier: Results | None
    least_load: float
    most_load: float


def files(cases: Sequence[Case], folder: Path, earlier: Path) -> dict[str, str]:
    """Every file by its name: the document, and the plots that it shows."""
    runs = load_all(folder / FAULTS)
    measured = [(case, _load(folder, case)) for case in cases]
    sections = [_section(case, results, _load(earlier, case)) for case, results in measured if results]
    environment = Environment(
        loader=FileSystemLoader(BENCH), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    text = environment.get_template("benchmarks.md.j2").render(
        sections=sections,
        failovers=failovers(runs),
        published=FAILOVERS,
        missing=[case for case, results in measured if not results],
        plots=PLOTS.name,
    )
    made = {DOCUMENT.name: text}
    for section in sections:
        made |= dict(_plots(section.case, section.results))
    return made


def _load(folder: Path, case: Case) -> Results | None:
    file = folder / f"{case.name}.json"
    return samples.load(file) if file.exists() else None


def _section(case: Case, results: Results, earlier: Results | None) -> Section:
    loads = [load for each in results.samples for load in (each.load_before, each.load_after)]
    return Section(
        case,
        results,
        [_row(case, results, subject) for subject in results.subjects()],
        [_line(case, each, results, earlier) for each in case.comparisons if _has(results, each)],
        [name for name, _ in _plots(case, results)],
        earlier,
        min(loads),
        max(loads),
    )


def _row(case: Case, results: Results, subject: str) -> Row:
    figures = [(measure, Figure.of(list(results.values(subject, measure.name).values()))) for measure in case.measures]
    return Row(subject, figures[0][1].count, [_spread(figure, measure) for measure, figure in figures])


def _spread(figure: Figure, measure: Measure) -> str:
    low, high = shown(figure.lower, measure.unit), shown(figure.upper, measure.unit)
    return f"{shown(figure.median, measure.unit)} ({low} to {high})"


def _has(results: Results, comparison: Comparison) -> bool:
    """Some subjects are measured on demand only."""
    return {comparison.subject, *comparison.references} <= set(results.subjects())


def _line(case: Case, comparison: Comparison, results: Results, earlier: Results | None) -> Line:
    found = _ratio(comparison, results)
    before = _ratio(comparison, earlier) if earlier and _has(earlier, comparison) else None
    title = next(measure.title for measure in case.measures if measure.name == comparison.measure)
    target = comparison.target
    return Line(
        comparison.subject,
        " or ".join(comparison.references),
        title,
        _told(found),
        _told(before) if before else "",
        f"{target.bound} {target.ratio:.2f}" if target else "",
        _verdict(found, target) if target else "",
    )


def _ratio(comparison: Comparison, results: Results) -> Ratio:
    measure = comparison.measure
    references = [results.values(each, measure) for each in comparison.references]
    shared = set[int].intersection(*(set(each) for each in references))
    lowest = {number: min(each[number] for each in references) for number in shared}
    return ratio(results.values(comparison.subject, measure), lowest)


def _told(found: Ratio) -> str:
    return f"{found.value:.2f} ({found.lower:.2f} to {found.upper:.2f})"


def _verdict(found: Ratio, target: Target) -> str:
    """Also where chance may have decided: the target lies within the interval."""
    missed = f"missed by {abs(found.value / target.ratio - 1):.0%}"
    verdict = "reached" if target.reached(found.value) else missed
    return f"{verdict}, within the interval" if found.lower < target.ratio < found.upper else verdict


def _plots(case: Case, results: Results) -> Iterator[tuple[str, str]]:
    for measure in case.measures[:2]:
        figures: Mapping[str, Figure] = {
            subject: Figure.of(list(results.values(subject, measure.name).values())) for subject in results.subjects()
        }
        yield f"{case.name}-{measure.name.replace(' ', '-')}.svg", plots.bars(case.title, measure, dict(figures))
