"""What a run keeps of a fault after which a judge found something."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cluster.support.deployment import Deployment
from cluster.support.evidence import evidence

from .workload import Workload


def keep(folder: Path, deployment: Deployment, work: Workload, findings: Iterable[str]) -> None:
    """The findings, the cluster's state and logs, and every history, one JSON object a line."""
    folder.mkdir(parents=True)
    (folder / "findings.txt").write_text("\n".join(findings) + "\n")
    (folder / "cluster.txt").write_text(evidence(deployment))
    histories: dict[str, Iterable[Any]] = {
        "writes": work.load.history.writes(),
        "appends": [append for each in work.appenders for append in each.appends],
        "increments": [increment for each in work.incrementers for increment in each.increments],
        "stale-reads": work.fresh.stale,
        "attempts-at-members": [attempt for probe in work.probes for attempt in probe.attempts],
        "roles": work.watch.samples,
    }
    for name, entries in histories.items():
        lines = (json.dumps(asdict(entry), default=lambda value: value.name) for entry in entries)
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
