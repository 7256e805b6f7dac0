"""The tables of docs/expel-timeouts.md, from the results of a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any


def tables(results: Mapping[str, Any]) -> str:
    """Everything that was measured, as Markdown. Raises ValueError if nothing was."""
    if not results["failovers"]:
        raise ValueError("there is no result to report")
    return "\n\n".join(
        [
            "Seconds from the fault to the first write that another member accepts: median (least to most).",
            failovers(results["failovers"], "until_write"),
            "Seconds from the end of the fault to a whole group: median (least to most).",
            failovers(results["failovers"], "until_whole"),
            "What should move no role, with the values of the two profiles:",
            disturbances(results["disturbances"]),
            made_with(results),
        ]
    )


def failovers(trials: Sequence[Mapping[str, Any]], what: str) -> str:
    faults = list(dict.fromkeys(trial["fault"] for trial in trials))
    rows = [["expel timeout", *(f"`{fault}`" if " " in fault else fault for fault in faults)]]
    for timeout in sorted({trial["expel_timeout"] for trial in trials}):
        by_fault = [[t[what] for t in trials if (t["expel_timeout"], t["fault"]) == (timeout, f)] for f in faults]
        rows.append([str(timeout), *(spread(seconds) for seconds in by_fault)])
    return table(rows)


def disturbances(trials: Sequence[Mapping[str, Any]]) -> str:
    rows = [["what happens", "profile", "times", "role moved", "members given up", "longest without a write, s"]]
    for what, profile in dict.fromkeys((trial["what"], trial["profile"]) for trial in trials):
        done = [trial for trial in trials if (trial["what"], trial["profile"]) == (what, profile)]
        moved, expelled = sum(trial["role_moved"] for trial in done), sum(trial["expelled"] for trial in done)
        longest = spread([trial["without_write"] for trial in done])
        rows.append([what, f"`{profile}`", str(len(done)), str(moved), str(expelled), longest])
    return table(rows)


def spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "-"
    return f"{median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"


def table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def made_with(results: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    machine = ", ".join(text for name, text in results["machine"].items() if name != "load before")
    load = results["machine"]["load before"]
    return (
        f"Measured on {results['began']}, revision {results['revision']}, {versions}; on {machine}; "
        f"load of the machine at the end: {load}."
    )
