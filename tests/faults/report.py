"""The figures of some runs as a table in Markdown. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .catalog import BY_NAME, FAULTS, IMPOSSIBLE
from .results import Result, Run
from .statistics import Spread

HEAD = (
    "| fault | hits | runs | no accepted write: p50 | p95 | max | reads refused | stale reads | lost "
    "| double primaries | role moved | well again: p50 | max |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def document(runs: Sequence[Run]) -> str:
    """Everything that is measured. Raises ValueError if there is nothing to report."""
    if not any(run.results for run in runs):
        raise ValueError("there is no result in these runs")
    parts = [part for name, found in by_topology(runs).items() for part in (f"### {name}", table(found))]
    return "\n\n".join([*parts, _made_with(runs), _impossible()])


def by_topology(runs: Sequence[Run]) -> dict[str, list[Result]]:
    """What was measured on each topology, by its title, in the order of the runs; MySQL's first."""
    titles = sorted(dict.fromkeys(title(run) for run in runs), key=lambda name: name.startswith("MariaDB"))
    return {name: _newest([run for run in runs if title(run) == name]) for name in titles}


def title(run: Run) -> str:
    """The topology in words."""
    words = [str(value) for key, value in run.topology.items() if key not in ("engine", "kind", "members")]
    engine = {"mariadb": "MariaDB, "}.get(run.topology.get("engine", ""), "")
    return ", ".join([f"{engine}{run.topology['kind']}", f"{run.topology.get('members', 1)} members", *words])


def _newest(runs: Sequence[Run]) -> list[Result]:
    """Of every fault and what it hit, the results of the newest revision: what is no longer so is not averaged in."""
    revisions = {
        (result.fault, result.target): run.revision
        for run in sorted(runs, key=lambda run: run.began)
        for result in run.results
    }
    return [r for run in runs for r in run.results if revisions[r.fault, r.target] == run.revision]


def table(results: Sequence[Result]) -> str:
    """One line for each fault and what it hit, in the order of the catalog."""
    order = list(BY_NAME)
    kinds = sorted({(result.fault, result.target) for result in results}, key=lambda kind: (order.index(kind[0]), kind))
    rows = [_row(*kind, [r for r in results if (r.fault, r.target) == kind]) for kind in kinds]
    return "\n".join([HEAD, *rows])


def _row(fault: str, target: str, results: Sequence[Result]) -> str:
    gap = Spread.of([result.write_gap for result in results])
    healthy = Spread.of([result.healthy_after for result in results])
    moved = sum(result.primary_before != result.primary_after for result in results)
    cells = [
        f"`{fault}`{_lasting(results)}", target, str(gap.count), f"{gap.p50:.2f}", f"{gap.p95:.2f}", f"{gap.max:.2f}",
        str(sum(result.reads_refused for result in results)), str(sum(result.stale_reads for result in results)),
        str(sum(bool(result.lost) for result in results)),
        str(sum(bool(result.double_primaries) for result in results)), str(moved),
        f"{healthy.p50:.1f}", f"{healthy.max:.1f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _lasting(results: Sequence[Result]) -> str:
    shortest, longest = min(r.hold for r in results), max(r.hold for r in results)
    if longest == 0:
        return ""
    return f" {longest:g} s" if shortest == longest else f" {shortest:g} to {longest:g} s"


def _made_with(runs: Sequence[Run]) -> str:
    lines = [
        f"- {run.began}, seed {run.seed}, revision {run.revision}, {len(run.results)} faults; "
        f"load of the machine before: {run.machine['load before']}"
        for run in runs
    ]
    machines = dict.fromkeys(
        ", ".join(text for name, text in run.machine.items() if name != "load before") for run in runs
    )
    versions = dict.fromkeys(", ".join(f"{name} {text}" for name, text in run.versions.items()) for run in runs)
    return "\n".join(
        ["Measured in these runs:", "", *lines, "", "On: " + "; ".join(machines), "", "With: " + "; ".join(versions)]
    )


def _impossible() -> str:
    return "\n".join(f"Not done: `{name}`, because {why}." for name, why in IMPOSSIBLE.items())


def explained() -> str:
    """What each fault does."""
    return "\n".join(f"- `{fault.name}`: {fault.what}" for fault in FAULTS)
