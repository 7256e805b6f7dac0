"""A replacement deletes and makes anew: pods are gone meanwhile, a claim's data and a Secret's values for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pulumi_policy import ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

from ..data_bearing import LOST_WITH, allowed, fixed_fields, holds_data, title, way_out
from ..earlier import Earlier, state
from ..rule import MANDATORY, About, Finding, NotKnown, Violation, report
from ..values import Json, dig, has_unknown, mapping, plain

SECRET_MARK = "4dabf18193072939515e22adb298388d"
"""In an exported state: the key that says of a value that it is encrypted."""

ABOUT = About(
    "data-not-replaced",
    "StatefulSets, claims, volumes, Secrets and namespaces are replaced only if the stack configuration names them.",
    "Change the field back; the message names it. Or name the resource in <project>:allowDataLoss.",
    {},
)


def data_not_replaced(
    urns: Sequence[str],
    props: Json,
    ignored: Sequence[str],
    earlier: Earlier,
    may_go: Callable[[Json], bool] = allowed,
) -> Iterator[Finding]:
    """``urns``: of the resource, and of what it was before; ``ignored``: its ``ignore_changes``."""
    old = next((earlier.resources[urn] for urn in urns if urn in earlier.resources), None)
    if earlier.unknown_because:
        yield NotKnown(f"whether this run replaces {urns[0].rpartition('::')[2]} ({earlier.unknown_because})")
    if old is None or not holds_data(old) or may_go(old):
        return
    for path in fixed_fields(str(old["type"])):
        field = ".".join(path)
        before, now = dig(old, "inputs", *path), dig(props, *path)
        if any(field.startswith(each) for each in ignored) or _encrypted(before):
            continue
        if has_unknown(now):
            yield NotKnown(f"{field} of {title(old)}, whose change would replace it")
        elif _differ(before, now):
            yield Violation(
                f"{title(old)} would be replaced, as {field} changes{_shown(before, now)}, and with it would go "
                f"{LOST_WITH[str(old['type'])]}. {way_out(old)}"
            )


def _differ(before: Any, now: Any) -> bool:
    """Absent is as it was: the API server or the provider fills it in."""
    return before is not None and now is not None and plain(before) != now


def _shown(before: Any, now: Any) -> str:
    return f" from {before} to {now}" if isinstance(before, str) and isinstance(now, str) else ""


def _encrypted(value: Any) -> bool:
    return isinstance(value, dict) and SECRET_MARK in value


def _validate(args: ResourceValidationArgs, violation: ReportViolation) -> None:
    if args.resource_type in LOST_WITH:
        urns = [args.urn, *args.opts.aliases]
        report(data_not_replaced(urns, mapping(plain(args.props)), args.opts.ignore_changes, state()), violation)


POLICY = ResourceValidationPolicy(
    ABOUT.name,
    ABOUT.description,
    validate=_validate,
    enforcement_level=MANDATORY,
    remediation_steps=ABOUT.steps,
)
