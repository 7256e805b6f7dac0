"""What a rule is, and how the engine gets it.

A rule is a function that yields what it finds. It goes on after a value that is not known yet: what it can judge it
judges, and what it could not judge is said at the end, as the one note that the SDK makes of an UnknownValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceRemediation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from .manifest import Manifest, manifests

Config = Mapping[str, Any]
MANDATORY, ADVISORY = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY
EXCEPTIONS = {
    "exceptions": {
        "type": "array",
        "items": {"type": "string"},
        "description": "objects that the rule leaves alone: name, namespace/name or Kind/name",
    }
}


@dataclass(frozen=True)
class Violation:
    message: str
    urn: str = ""
    """Of a rule on the whole stack: the resource that it is about."""


@dataclass(frozen=True)
class NotKnown:
    """Something that could not be judged, and why."""

    what: str


Finding = Violation | NotKnown
ResourceRule = Callable[[Manifest, Config], Iterable[Finding]]
StackRule = Callable[[list[Manifest], Config], Iterable[Finding]]
Remedy = Callable[[ResourceValidationArgs], Mapping[str, Any] | None]
"""New properties, or nothing where all is well."""


@dataclass(frozen=True)
class About:
    """What people read of a policy."""

    name: str
    description: str
    steps: str
    config: Mapping[str, Mapping[str, Any]]
    level: EnforcementLevel = MANDATORY


def resource_policy(about: About, rule: ResourceRule, remedy: Remedy | None = None) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, violation: ReportViolation) -> None:
        config = args.get_config()
        excepted = config.get("exceptions") or ()
        found = [
            finding
            for manifest in manifests(args)
            if not manifest.is_named_in(excepted)
            for finding in judged(rule(manifest, config), manifest.title)
        ]
        report(found, violation)

    return ResourceValidationPolicy(
        about.name,
        about.description,
        validate=validate,
        remediate=cast("ResourceRemediation | None", remedy),
        enforcement_level=about.level,
        config_schema=_schema(about),
        remediation_steps=about.steps,
    )


def stack_policy(about: About, rule: StackRule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, violation: ReportViolation) -> None:
        stack = [manifest for resource in args.resources for manifest in manifests(resource)]
        report(judged(rule(stack, args.get_config()), "an object of the stack"), violation)

    return StackValidationPolicy(
        about.name,
        about.description,
        validate=validate,
        enforcement_level=about.level,
        config_schema=_schema(about),
        remediation_steps=about.steps,
    )


def exempt(manifest: Manifest, config: Config) -> bool:
    """For rules on the whole stack, which see the exceptions among all the rest."""
    return manifest.is_named_in(config.get("exceptions") or ())


class _NotJudged(UnknownValueError):
    def __init__(self, what: Iterable[str]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.message = "not judged, as it is not known yet: " + "; ".join(what)


def judged(findings: Iterable[Finding], what: str) -> Iterator[Finding]:
    """With a fall over a field of a wrong kind as one more violation: in the engine it would hide all other policies.

    What is in the field is not told: it may be a secret.
    """
    try:
        yield from findings
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        yield Violation(
            f"{what} cannot be judged: a field has not the type that Kubernetes gives it ({type(error).__name__}). "
            f"Compare its fields with the API reference."
        )


def report(findings: Iterable[Finding], violation: ReportViolation) -> None:
    """Tell the engine; what was not known comes last, as it ends the policy's run."""
    not_known: dict[str, None] = {}
    for finding in findings:
        if isinstance(finding, NotKnown):
            not_known[finding.what] = None
        else:
            violation(finding.message, finding.urn or None)
    if not_known:
        raise _NotJudged(not_known)


def _schema(about: About) -> PolicyConfigSchema:
    return PolicyConfigSchema(properties={key: dict(schema) for key, schema in about.config.items()})
