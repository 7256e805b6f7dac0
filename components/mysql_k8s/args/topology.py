"""How many members there are and how they work together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .base import Arguments


def _odd(members: int) -> int:
    if members >= 3 and members % 2 == 1:
        return members
    fitting = "3" if members < 4 else f"{members - 1} or {members + 1}"
    alone = ", or the topology `standalone` for a single server" if members < 3 else ""
    raise ValueError(
        f"must be an odd number from 3 up, so that one side of a split always holds a majority; use {fitting}{alone}"
    )


class Standalone(Arguments):
    """One server. It stops fully before its successor starts; while it restarts, nothing can be read or written."""

    kind: Literal["standalone"] = "standalone"

    @property
    def members(self) -> int:
        return 1


class Replication(Arguments):
    """One primary, at ordinal 0, and replicas that follow it by GTID auto-position."""

    kind: Literal["replication"] = "replication"

    members: Annotated[int, Field(strict=True), AfterValidator(_odd)] = 3
    """How many servers there are, the primary included: 3, 5, 7, ..."""

    durability: Literal["async", "semi-sync"] = "async"
    """``semi-sync``: a commit is acknowledged only once a replica has stored it too (AFTER_SYNC, never degrades), so
    that losing the primary's volume loses no acknowledged write; writes wait while no replica answers. ``async``: a
    commit waits for nobody; what no replica had received yet is lost with the primary's volume."""

    replica_lag_limit_seconds: Annotated[int, Field(strict=True, ge=1)] = 30
    """A replica that is further behind than this leaves the Services until it has caught up. Seconds."""

    start_order: Literal["parallel", "ordered"] = "parallel"
    """``ordered`` starts each member after its predecessor is ready and stops them in reverse. Changing it replaces the
    StatefulSet: every pod stops before the first one starts again, the volumes are kept."""


Topology = Annotated[Standalone | Replication, Field(discriminator="kind")]
