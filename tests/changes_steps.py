"""Steps of a preview, as `pulumi preview --json` writes them, for tests of what changes do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mysql_k8s.changes.classify import Change, Report, classify

RECORDED = Path(__file__).parent / "previews"
"""Previews of a real engine and cluster, without what nothing reads: outputs, source positions, unchanged steps."""

OURS = {"app.kubernetes.io/part-of": "mysql-k8s"}


def recorded(name: str) -> dict[str, Any]:
    return json.loads((RECORDED / f"{name}.json").read_text())


def step(
    kind: str,
    op: str = "update",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    *,
    name: str = "orders",
    ours: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """``kind``: a type such as ``apps/v1:StatefulSet``, or a whole type token. ``old``, ``new``: inputs."""
    token = kind if kind.count(":") > 1 else f"kubernetes:{kind}"
    metadata = {"name": name, "namespace": "shop", "labels": OURS if ours else {}}

    def state(inputs: dict[str, Any] | None) -> dict[str, Any] | None:
        if inputs is None:
            return None
        whole = {**inputs, "metadata": {**metadata, **inputs.get("metadata", {})}}
        return {"type": token, "custom": True, "inputs": whole, **more}

    old = {} if old is None and op not in ("create", "import") else old
    new = {} if new is None and op not in ("delete",) else new
    entry = {
        "op": op,
        "urn": f"urn:pulumi:test::mysql::{token}::{name}",
        "oldState": state(old),
        "newState": state(new),
    }
    return {key: value for key, value in entry.items() if value is not None}


def report(*steps: dict[str, Any], **digest: Any) -> Report:
    return classify({"steps": list(steps), **digest})


def change(*steps: dict[str, Any]) -> Change:
    """The one change that the steps come to."""
    (found,) = report(*steps).changes
    return found


def spec(**fields: Any) -> dict[str, Any]:
    return {"spec": fields}
