"""A Kubernetes object as a resource of the stack declares it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from .values import Json, dig, mapping, mappings, plain


class Resource(Protocol):
    """What the engine tells of a resource, alone or in a stack."""

    resource_type: str
    props: Any
    urn: str
    name: str
    provider: Any


@dataclass(frozen=True)
class Manifest:
    kind: str
    group: str
    """such as ``apps``, ``core``, ``policy``"""
    body: Json
    urn: str
    resource_name: str
    """the name in the Pulumi program"""
    partial: bool
    """a patch: what is absent is left as it is, so that nothing can be said of it"""
    default_namespace: str

    @property
    def name(self) -> str:
        named = dig(self.body, "metadata", "name")
        return named if isinstance(named, str) and named else self.resource_name

    @property
    def namespace(self) -> str:
        named = dig(self.body, "metadata", "namespace")
        return named if isinstance(named, str) and named else self.default_namespace

    @property
    def title(self) -> str:
        """How messages name it."""
        return f"{self.kind} '{self.namespace}/{self.name}'"

    @property
    def stack(self) -> str:
        return stack_of(self.urn)

    def is_named_in(self, names: Iterable[Any]) -> bool:
        """Whether a list of exceptions has it, as ``name``, ``namespace/name`` or ``Kind/name``."""
        return not {self.name, f"{self.namespace}/{self.name}", f"{self.kind}/{self.name}"}.isdisjoint(names)


def stack_of(urn: str) -> str:
    """``urn:pulumi:<stack>::<project>::<type>::<name>``."""
    return urn.split("::", 1)[0].removeprefix("urn:pulumi:")


def manifests(resource: Resource) -> list[Manifest]:
    """The object of a resource; the items of a ``...List``; nothing for what is no Kubernetes object."""
    provider, _, rest = resource.resource_type.partition(":")
    version, _, kind = rest.partition(":")
    if provider != "kubernetes" or not kind or "/" not in version:
        return []
    group = version.partition("/")[0].removesuffix(".k8s.io")
    body = mapping(plain(resource.props))
    namespace = _default_namespace(resource)
    if kind.endswith("List") and "items" in body:
        return [
            Manifest(kind.removesuffix("List"), group, item, resource.urn, resource.name, False, namespace)
            for item in mappings(body["items"])
        ]
    partial = kind.endswith("Patch")
    return [Manifest(kind.removesuffix("Patch"), group, body, resource.urn, resource.name, partial, namespace)]


def _default_namespace(resource: Resource) -> str:
    given = dig(plain(resource.provider.props), "namespace") if resource.provider is not None else None
    return given if isinstance(given, str) and given else "default"
