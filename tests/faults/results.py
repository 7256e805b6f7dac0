"""What a run measured, as it is kept in a JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = "run.json"


@dataclass(frozen=True)
class Result:
    """One fault and what it cost. Times are in seconds."""

    number: int
    fault: str
    target: str
    hold: float
    member: str
    """The pod that was hit, or the first one."""
    began: str
    """Time of day, in UTC."""
    write_gap: float
    """The longest time without an accepted write, as the writers saw it."""
    read_gap: float
    """The longest time without an answered read at the Service for reads."""
    reads_refused: int
    """Reads at the Service for reads that got no rows: refused, cut off, or without an answer in time."""
    stale_reads: int
    """Reads at the primary's Service that lacked acknowledged writes, at whatever time."""
    healthy_after: float
    """From the end of the fault until every member was well again."""
    primary_before: str
    primary_after: str
    acknowledged: int
    refused: int
    unknown: int
    """Writes without an answer."""
    lost: list[str]
    double_primaries: list[str]
    other_findings: list[str]

    @property
    def findings(self) -> list[str]:
        return [*self.lost, *self.double_primaries, *self.other_findings]


@dataclass
class Run:
    """All results of one run, and what one must know to have them again."""

    seed: int
    topology: dict[str, Any]
    began: str
    command: str
    revision: str
    machine: dict[str, str]
    versions: dict[str, str]
    faults: list[str]
    results: list[Result] = field(default_factory=list[Result])
    problem: str | None = None
    """Why the run could not go on."""

    def save(self, folder: Path) -> None:
        """So that a reader finds the old or the new file, never a part."""
        unfinished = folder / f".{FILE}"
        unfinished.write_text(json.dumps(asdict(self), indent=1) + "\n")
        unfinished.replace(folder / FILE)


def load(file: Path) -> Run:
    """The run in a file, or in the file of that name in a folder. Raises OSError, ValueError, KeyError or TypeError."""
    data: dict[str, Any] = json.loads((file / FILE if file.is_dir() else file).read_text())
    results = [Result(**entry) for entry in data.pop("results")]
    return Run(**data, results=results)


def load_all(folder: Path) -> list[Run]:
    """The runs in the files of a folder, by their names. Raises as ``load`` does."""
    return [load(file) for file in sorted(folder.glob("*.json"))]
