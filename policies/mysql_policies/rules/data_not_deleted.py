"""A stack's database must survive a slip in its program: what holds data goes only when the configuration says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pulumi_policy import ReportViolation, StackValidationArgs, StackValidationPolicy

from ..data_bearing import LOST_WITH, allowed, holds_data, title, way_out
from ..earlier import Earlier, state
from ..rule import MANDATORY, About, Finding, NotKnown, Violation, report
from ..values import Json

ABOUT = About(
    "data-not-deleted",
    "StatefulSets, claims, volumes, Secrets and namespaces are deleted only if the stack configuration names them.",
    "Put the resource back into the program, or give it an alias if it was renamed, or name it in "
    "<project>:allowDataLoss.",
    {},
)


def data_not_deleted(kept: set[str], earlier: Earlier, may_go: Callable[[Json], bool] = allowed) -> Iterator[Finding]:
    """``kept``: the URNs of all resources that will be, and of those that they were before (aliases)."""
    if earlier.unknown_because:
        yield NotKnown(f"what this run deletes ({earlier.unknown_because})")
    for urn, resource in earlier.resources.items():
        if urn in kept or not holds_data(resource) or resource.get("retainOnDelete") or may_go(resource):
            continue
        yield Violation(
            f"{title(resource)} is no longer in the program and would be deleted, and with it "
            f"{LOST_WITH[str(resource['type'])]}. {way_out(resource)}"
        )


def _validate(args: StackValidationArgs, violation: ReportViolation) -> None:
    kept: set[Any] = {each.urn for each in args.resources}
    kept |= {alias for each in args.resources for alias in each.opts.aliases}
    report(data_not_deleted(kept, state()), violation)


POLICY = StackValidationPolicy(
    ABOUT.name,
    ABOUT.description,
    validate=_validate,
    enforcement_level=MANDATORY,
    remediation_steps=ABOUT.steps,
)
