"""Which claims a preview would let grow (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from ..changes.classify import Report
from ..changes.documents import at
from ..changes.effect import Effect


@dataclass(frozen=True)
class Wanted:
    namespace: str
    name: str
    size: str
    """A Kubernetes quantity."""


def growing(report: Report) -> list[Wanted]:
    grown = {change.urn for change in report.changes if change.effect is Effect.STORAGE_GROWS}
    wanted = (
        Wanted(step.namespace, step.name, str(at(step.new, ("spec", "resources", "requests", "storage"))))
        for step in report.steps
        if step.urn in grown
    )
    return sorted(wanted, key=lambda claim: (claim.namespace, claim.name))
