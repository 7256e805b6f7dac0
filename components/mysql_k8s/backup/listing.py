"""What is on the target, as JSON for the operator's commands."""

from __future__ import annotations

import json
from typing import Any

from .layout import VERIFIED, Layout, read_bases, read_chains
from .planning import Plan, show_time
from .settings import Settings
from .store import Store


def bases(store: Store, layout: Layout) -> list[dict[str, Any]]:
    """Every base backup, oldest first. Raises DamagedCatalogue or TargetError."""
    verified = {key.split("/")[-2]: json.loads(text) for key, text in store.documents(layout.bases, VERIFIED).items()}
    return [
        {
            "id": base.id,
            "created": show_time(base.created),
            "stored_bytes": base.stored_bytes,
            "raw_bytes": base.raw_bytes,
            "gtids": str(base.gtids),
            "server_version": base.server_version,
            "source": base.source,
            "verified": verified.get(base.id, {}).get("verified"),
            "compared_tables": verified.get(base.id, {}).get("checksums", 0),
        }
        for base in read_bases(store, layout)
    ]


def as_json(settings: Settings, store: Store) -> str:
    """Base backups, and what the archive covers. Raises DamagedCatalogue or TargetError."""
    layout = Layout(settings.cluster)
    chains = [
        {
            "from": show_time(chain.opened),
            "until": show_time(chain.until),
            "segments": len(chain.segments),
            "stored_bytes": sum(segment.size for segment in chain.segments),
            "gtids": str(chain.gtids),
        }
        for chain in read_chains(store, layout)
    ]
    return json.dumps({"cluster": settings.cluster, "bases": bases(store, layout), "archive": chains})


def plan_as_json(found: Plan) -> str:
    """What a restore would do."""
    return json.dumps({
        "base": found.base.id,
        "created": show_time(found.base.created),
        "until": show_time(found.until),
        "gtids": str(found.target),
        "server_version": found.base.server_version,
        "raw_bytes": found.base.raw_bytes,
        "segments": len(found.segments),
        "segment_bytes": sum(segment.size for segment in found.segments),
    })  # fmt: skip
