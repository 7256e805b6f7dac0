"""The objects of one cluster as plain data, for programs that make the same ones without the component."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from harness import deploy, plain

from mysql_k8s import MySQLCluster, MySQLClusterArgs

from .renaming import FIRST

Json = dict[str, Any]


def write(file: Path, args: MySQLClusterArgs | None = None) -> None:
    """The objects of the cluster FIRST; it has the default arguments unless others are given."""
    file.write_text(json.dumps(objects(FIRST, args or MySQLClusterArgs())))


def objects(name: str, args: MySQLClusterArgs) -> list[Json]:
    """What the component registers with the Kubernetes provider: ``type``, ``name`` and ``inputs`` of each."""
    deployed = deploy(lambda: MySQLCluster(name, args))
    return [
        {"type": each.typ, "name": each.name, "inputs": plain(cast("Json", each.inputs))}  # pyright: ignore[reportUnknownMemberType]
        for each in deployed.resources
        if each.typ.startswith("kubernetes:")
    ]


def kind(described: Json) -> str:
    return described["type"].rpartition(":")[2]


def api_version(described: Json) -> str:
    return described["type"].split(":")[1].removeprefix("core/")


def manifests(objects: list[Json]) -> list[Json]:
    """As kubectl takes them, without the patches, which are of claims that a new stack has not got yet."""
    return [
        {"apiVersion": api_version(each), **each["inputs"], "kind": kind(each)}
        for each in objects
        if not kind(each).endswith("Patch")
    ]


def as_list(manifests: list[Json]) -> str:
    """Many manifests as one file."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
