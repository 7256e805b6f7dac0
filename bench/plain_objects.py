"""The objects of one cluster as plain data, for programs that make the same ones without the component."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from harness import deploy, plain

from mysql_k8s import MySQLCluster, MySQLClusterArgs

from .renaming import FIRST

Json = dict[str, Any]


def write(file: Path) -> None:
    file.write_text(json.dumps(objects()))


def objects() -> list[Json]:
    """What the component registers with the Kubernetes provider: ``type``, ``name`` and ``inputs`` of each."""
    deployed = deploy(lambda: MySQLCluster(FIRST, MySQLClusterArgs()))
    return [
        {"type": each.typ, "name": each.name, "inputs": plain(cast("Json", each.inputs))}  # pyright: ignore[reportUnknownMemberType]
        for each in deployed.resources
        if each.typ.startswith("kubernetes:")
    ]


def kind(described: Json) -> str:
    return described["type"].rpartition(":")[2]


def api_version(described: Json) -> str:
    return described["type"].split(":")[1].removeprefix("core/")
