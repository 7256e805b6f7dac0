"""What a case has measured, as it is kept in a JSON file: every sample, and what one must know to have them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One subject, measured once."""

    subject: str
    round: int
    """Samples of one round were taken one right after the other."""
    began: str
    """Time of day, in UTC."""
    load_before: float
    load_after: float
    """The machine's load average over one minute."""
    values: Mapping[str, float]


@dataclass
class Results:
    """One run of one case."""

    case: str
    began: str
    command: str
    revision: str
    machine: dict[str, str]
    versions: dict[str, str]
    samples: list[Sample] = field(default_factory=list[Sample])

    def values(self, subject: str, measure: str) -> dict[int, float]:
        """By round."""
        return {each.round: each.values[measure] for each in self.samples if each.subject == subject}

    def subjects(self) -> list[str]:
        """In the order in which the case names them, which is that of the first round."""
        return list(dict.fromkeys(each.subject for each in self.samples))

    def rounds(self) -> int:
        """How many there are."""
        return max((each.round + 1 for each in self.samples), default=0)

    def save(self, file: Path) -> None:
        """So that a reader finds the old or the new file, never a part."""
        unfinished = file.with_name(f".{file.name}")
        unfinished.write_text(json.dumps(asdict(self), indent=1) + "\n")
        unfinished.replace(file)


def load(file: Path) -> Results:
    """The results in a file. Raises OSError, ValueError, KeyError or TypeError."""
    data: dict[str, Any] = json.loads(file.read_text())
    samples = [Sample(**entry) for entry in data.pop("samples")]
    return Results(**data, samples=samples)
