"""What the claims were made with, kept in the stack's state so that preview can refuse what no claim follows."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from .. import quantity

if TYPE_CHECKING:  # the provider's process needs none of what the arguments load
    from ..args import MySQLClusterArgs

_FOR_LIFE = {
    "storage_class": "storage.storage_class",
    "access_mode": "storage.access_mode",
    "topology": "topology.kind",
    "engine": "engine.kind",
}


class ClaimTemplateProvider(ResourceProvider):
    """Accepts a larger size; any other change is an error of ``pulumi preview`` already, before anything is done."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult(news, [CheckFailure(*failure) for failure in refusals(_olds, news)])

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(secrets.token_hex(8), stored(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(stored(_news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=stored(_olds) != stored(_news))


class ClaimTemplate(Resource, module="mysql-k8s", name="ClaimTemplate"):
    """Size, storage class and access mode of the claims, and the engine and topology whose data is on them."""

    def __init__(self, name: str, args: MySQLClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(ClaimTemplateProvider(), name, made_with(args), opts)


def made_with(args: MySQLClusterArgs) -> dict[str, str]:
    """What the claims, and the data on them, are made with. Pure.

    A single server can become a primary and back; the data of a group or of a Galera cluster
    begins with it, and goes on in it alone.
    """
    storage = args.storage
    return {
        "size": storage.size,
        "storage_class": storage.storage_class or "",
        "access_mode": storage.access_mode,
        "engine": args.engine.kind,
        "topology": args.topology.kind if args.topology.primary_moves else "standalone or replication",
    }


def refusals(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    """Each argument that existing claims cannot follow, with the reason and the way out. Pure."""
    if not old:
        return []
    found = [
        (key, _fixed(argument, old[key], new[key]))
        for key, argument in _FOR_LIFE.items()
        if key in old and old[key] != new[key]
    ]
    if quantity.to_bytes(new["size"]) < quantity.to_bytes(old["size"]):
        found.append(("size", _shrunk(old["size"], new["size"])))
    return found


def stored(props: dict[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in ("size", *_FOR_LIFE) if key in props}


def _fixed(argument: str, old: str, new: str) -> str:
    was, wanted = (value or "the cluster's default" for value in (old, new))
    return (
        f"{argument} cannot change from {was} to {wanted}: a claim keeps what it was made with. Set it back, or "
        "make a second cluster and copy the data."
    )


def _shrunk(old: str, new: str) -> str:
    return (
        f"storage.size cannot shrink from {old} to {new}: Kubernetes makes no volume smaller. Set it to {old} or more; "
        "for smaller volumes make a second cluster and copy the data."
    )
