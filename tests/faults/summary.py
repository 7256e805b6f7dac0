"""The figures that README shows: what the faults that people ask about cost, in each topology. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .report import by_topology
from .results import Result, Run
from .statistics import Spread

ASKED_ABOUT = {
    ("kill-agent", "primary"): "the primary's agent is killed",
    ("kill-mysqld", "primary"): "the primary's mysqld is killed",
    ("pause-pod", "primary"): "the primary's pod freezes",
    ("delete-pod", "primary"): "the primary's pod is deleted",
    ("kill-pod", "primary"): "the primary's pod is deleted with no time to stop",
    ("lose-volume", "primary"): "the primary loses its pod and its volume",
    ("cut-peers", "primary"): "the primary is cut off from all other pods",
    ("cut-node", "primary"): "the primary's node is cut off",
    ("kill-every-pod", "all members"): "all pods are deleted with no time to stop",
    ("rolling-update", "all members"): "a rolling restart, the primary last",
}
"""By fault and what it hits, in the order of the table."""


def summary(runs: Sequence[Run]) -> str:
    """A line for each fault, a column for each topology."""
    columns = by_topology(runs)
    head = f"| for how long nobody could write | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}"
    rows = [
        f"| {words} | {' | '.join(_cell(kind, results) for results in columns.values())} |"
        for kind, words in ASKED_ABOUT.items()
    ]
    everything = [result for results in columns.values() for result in results]
    return "\n".join([head, *rows, "", _found(everything)])


def _found(results: Sequence[Result]) -> str:
    lost, double = sum(bool(r.lost) for r in results), sum(bool(r.double_primaries) for r in results)
    return (
        f"These and others are {len(results)} faults; an acknowledged write was lost in {lost} of them,"
        f" and two primaries were seen in {double}."
    )


def _cell(kind: tuple[str, str], results: Sequence[Result]) -> str:
    """The median, and the longest where there were several."""
    gaps = [result.write_gap for result in results if (result.fault, result.target) == kind]
    if not gaps:
        return "not measured"
    spread = Spread.of(gaps)
    longest = f" (max {spread.max:.1f})" if spread.count > 1 else ""
    return f"{spread.p50:.1f} s{longest}"
