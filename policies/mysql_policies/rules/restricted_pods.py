"""The restricted Pod Security Standard, for every pod and pod template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import ResourceValidationArgs

from ..manifest import Manifest
from ..pod_security import FORBIDDEN, REQUIRED
from ..pods import pod_of
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN

ABOUT = About(
    "pods-restricted",
    "Every pod meets the restricted Pod Security Standard.",
    "Set the named field. For most images this is enough: in the pod runAsNonRoot: true and seccompProfile.type: "
    "RuntimeDefault; in each container allowPrivilegeEscalation: false and capabilities.drop: [ALL].",
    EXCEPTIONS,
)


def restricted_pods(manifest: Manifest, config: Config) -> Iterator[Finding]:
    pod = pod_of(manifest)
    if pod is None:
        return
    yield from pod.not_known
    seen: set[tuple[str, str]] = set()
    # A patch leaves as it is what it does not name.
    for check in FORBIDDEN if manifest.partial else (*FORBIDDEN, *REQUIRED):
        for problem in check(pod):
            if problem.found is UNKNOWN:
                yield NotKnown(f"{problem.field} of {problem.where} of {manifest.title}")
            elif (problem.where, problem.field) not in seen:
                got = "it is missing" if problem.found is None else f"got {problem.found}"
                yield Violation(
                    f"{problem.where} of {manifest.title}: {problem.field} must be {problem.wanted}; {got}."
                )
                seen.add((problem.where, problem.field))


def harden(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
    """Fills in what every program can bear: no setuid escalation, and the runtime's own seccomp filter.

    Nothing that is there is changed. Dropped capabilities and a user are left to people: entrypoints may need them.
    """
    spec = _pod_spec(args.props, args.resource_type)
    if spec is None:
        return None
    changed = _default(spec, "securityContext", "seccompProfile", {"type": "RuntimeDefault"})
    for key in ("containers", "initContainers"):
        for container in spec.get(key, ()):
            changed |= _default(container, "securityContext", "allowPrivilegeEscalation", False)
    return args.props if changed else None


_TEMPLATES: dict[str, tuple[str, ...]] = {
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **{
        f"kubernetes:{kind}": ("spec", "template", "spec")
        for kind in (
            "apps/v1:StatefulSet",
            "apps/v1:Deployment",
            "apps/v1:DaemonSet",
            "apps/v1:ReplicaSet",
            "batch/v1:Job",
        )
    },
}


def _pod_spec(props: Any, resource_type: str) -> Any:
    value = props
    for key in _TEMPLATES.get(resource_type, ("",)):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]  # pyright: ignore[reportUnknownVariableType]
    return value  # pyright: ignore[reportUnknownVariableType]


def _default(owner: Any, context: str, field: str, value: Any) -> bool:
    if context not in owner:
        owner[context] = {field: value}
        return True
    if isinstance(owner[context], Mapping) and field not in owner[context]:
        owner[context][field] = value
        return True
    return False


POLICY = resource_policy(ABOUT, restricted_pods, harden)
