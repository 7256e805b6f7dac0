"""Puts manifests before the policies as the engine does: through protobuf, so that numbers are floats, and proxies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from google.protobuf import json_format, struct_pb2
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from mysql_policies.pack import POLICIES

UNKNOWN = UNKNOWN_STRING_VALUE
"""What the engine sends in place of a value that is not known yet."""

BY_NAME = {policy.name: policy for policy in POLICIES}
GROUPS = {
    "apps/v1": ("StatefulSet", "Deployment", "DaemonSet", "ReplicaSet"),
    "batch/v1": ("Job", "CronJob"),
    "policy/v1": ("PodDisruptionBudget",),
    "networking.k8s.io/v1": ("NetworkPolicy",),
}


@dataclass
class Verdict:
    violations: list[str] = field(default_factory=list)
    note: str = ""
    """What could not be judged."""

    def report(self, message: str, urn: str | None = None) -> None:
        self.violations.append(message)


def resource_type(manifest: Mapping[str, Any]) -> str:
    kind = str(manifest["kind"])
    base = kind.removesuffix("Patch").removesuffix("List")
    version = next((version for version, kinds in GROUPS.items() if base in kinds), "core/v1")
    return f"kubernetes:{version}:{kind}"


def as_sent(props: Mapping[str, Any], secrets: bool = False) -> Any:
    message = struct_pb2.Struct()
    message.update(dict(props))
    return unknown_checking_proxy(deserialize_properties(json_format.MessageToDict(message), secrets))


def judge(
    name: str,
    manifests: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    *,
    config: Mapping[str, Any] | None = None,
    stack: str = "dev",
) -> Verdict:
    """The verdict of one policy on one manifest, or on a stack of several."""
    listed = [manifests] if isinstance(manifests, Mapping) else list(manifests)
    types = [(resource_type(each), each) for each in listed]
    return judge_types(name, types, config=config, stack=stack)


def judge_types(
    name: str,
    resources: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    config: Mapping[str, Any] | None = None,
    stack: str = "dev",
) -> Verdict:
    policy, verdict = BY_NAME[name], Verdict()
    try:
        if isinstance(policy, StackValidationPolicy):
            listed = [_resource(kind, props, stack) for kind, props in resources]
            policy.validate(StackValidationArgs(listed, config), verdict.report)
        else:
            assert isinstance(policy, ResourceValidationPolicy)
            for kind, props in resources:
                policy.validate(arguments(kind, props, config, stack), verdict.report)
    except UnknownValueError as error:
        verdict.note = error.message
    return verdict


def arguments(
    kind: str,
    props: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    stack: str = "dev",
    secrets: bool = False,
) -> ResourceValidationArgs:
    resource = _resource(kind, props, stack)
    sent = as_sent(props, secrets)
    return ResourceValidationArgs(kind, sent, resource.urn, resource.name, resource.opts, resource.provider, config)


def load(text: str) -> dict[str, Any]:
    """YAML, in which ``UNKNOWN`` stands for a value that is not known yet."""
    return yaml.safe_load(text.replace("UNKNOWN", UNKNOWN))


def _resource(kind: str, props: Mapping[str, Any], stack: str) -> PolicyResource:
    options = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)
    provider = PolicyProviderResource("pulumi:providers:kubernetes", {}, "", "default")
    metadata = props.get("metadata")
    name = str((metadata.get("name") if isinstance(metadata, dict) else None) or "unnamed")
    urn = f"urn:pulumi:{stack}::test::{kind}::{name}"
    return PolicyResource(kind, as_sent(props), urn, name, options, provider, None, [], {})


def refused(name: str, manifests: Any, *parts: str, **options: Any) -> None:
    verdict = judge(name, manifests, **options)
    assert verdict.violations, f"{name} has nothing against it"
    assert verdict.note == ""
    for part in parts:
        assert any(part in message for message in verdict.violations), verdict.violations


def accepted(name: str, manifests: Any, **options: Any) -> None:
    verdict = judge(name, manifests, **options)
    assert verdict.violations == []
    assert verdict.note == ""


def not_judged(name: str, manifests: Any, part: str, **options: Any) -> None:
    verdict = judge(name, manifests, **options)
    assert verdict.violations == []
    assert part in verdict.note
