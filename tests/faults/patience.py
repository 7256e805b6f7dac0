"""How long a member may stand still before the others give it up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mysql_k8s.args.topology import Galera, GroupReplication

SUSPECTED = {
    (Galera, "fast"): 2.0,
    (Galera, "tolerant"): 5.0,
    (GroupReplication, "fast"): 5.0,
    (GroupReplication, "tolerant"): 20.0,
}
"""Seconds at least, by topology and profile: ``evs.suspect_timeout``, or as in ``docs/expel-timeouts.md``."""


def seconds(topology: Mapping[str, Any]) -> float:
    """``topology``: its arguments. Where no other member can take the primary's role, nobody is ever given up."""
    for kind in (Galera, GroupReplication):
        if topology["kind"] == kind.model_fields["kind"].default:
            return SUSPECTED[kind, topology.get("profile", kind.model_fields["profile"].default)]
    return math.inf
