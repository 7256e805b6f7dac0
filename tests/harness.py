"""Runs a Pulumi program against a recording engine, and shows what it registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, rpc

from mysql_k8s.generated.certificates import AuthorityProvider, ServerProvider
from mysql_k8s.generated.password import PasswordProvider

DYNAMIC = {
    "pulumi-python:dynamic/mysql-k8s:GeneratedPassword": PasswordProvider(),
    "pulumi-python:dynamic/mysql-k8s:CertificateAuthority": AuthorityProvider(),
    "pulumi-python:dynamic/mysql-k8s:ServerCertificate": ServerProvider(),
}
"""Dynamic resources, which the engine would hand to a process of their own."""


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Takes every registration and answers as a cluster would that accepts everything."""

    existing: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Objects that are there already, by ``namespace/name``, for ``Secret.get``."""
    preview: bool = False
    registered: list[MockResourceArgs] = field(default_factory=list)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if args.resource_id:
            if args.resource_id not in self.existing:
                raise RuntimeError(f"{args.resource_id} does not exist")
            return args.resource_id, dict(self.existing[args.resource_id])
        self.registered.append(args)
        if self.preview and args.typ in DYNAMIC:
            return None, {}
        if provider := DYNAMIC.get(args.typ):
            made = provider.create(plain(args.inputs))
            return made.id, made.outs or {}
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: MockCallArgs) -> dict[Any, Any]:
        return {}


@dataclass(frozen=True)
class Deployed:
    """What a program registered."""

    resources: list[MockResourceArgs]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The inputs of all resources of a kind such as ``Service``, by Pulumi name, secrets as plain values."""
        return {each.name: plain(each.inputs) for each in self.resources if each.typ.endswith(f":{kind}")}

    def one(self, kind: str) -> dict[str, Any]:
        (inputs,) = self.of(kind).values()
        return inputs

    def identities(self) -> set[tuple[str, str]]:
        return {(each.typ, each.name) for each in self.resources}


def deploy(
    program: Callable[[], object],
    *,
    existing: Mapping[str, Mapping[str, Any]] | None = None,
    preview: bool = False,
) -> Deployed:
    """Run ``program`` and wait for all its resources. Its exceptions, also those in ``apply``, are raised here.

    ``existing``: what ``Recorder.existing`` says.
    """
    recorder = Recorder(existing or {}, preview)
    pulumi.runtime.set_mocks(recorder, project="mysql", stack="test", preview=preview)

    @pulumi.runtime.test
    def run() -> None:
        program()

    run()
    return Deployed(recorder.registered)


def plain(value: Any) -> Any:
    """``value`` without the envelopes that mark secrets."""
    if rpc.is_rpc_secret(value):
        return plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def strings_outside_secrets(value: Any) -> Iterator[str]:
    """Every string that the engine would store in plain text."""
    if rpc.is_rpc_secret(value):
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from strings_outside_secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_outside_secrets(item)
