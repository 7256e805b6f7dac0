"""How many members there are and how they work together."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from .base import Arguments, misfit

_MOST_OF_A_GROUP = 9
"""Group Replication takes no tenth member (MySQL manual, "Group Replication Limitations")."""


def _odd(members: int) -> int:
    if members >= 3 and members % 2 == 1:
        return members
    fitting = "3" if members < 4 else f"{members - 1} or {members + 1}"
    alone = ", or the topology `standalone` for a single server" if members < 3 else ""
    raise ValueError(
        f"must be an odd number from 3 up, so that one side of a split always holds a majority; use {fitting}{alone}"
    )


def _group_size(members: int) -> int:
    if members > _MOST_OF_A_GROUP:
        raise ValueError(f"is too large for a group; use {_MOST_OF_A_GROUP} or less")
    return _odd(members)


class _Kind(Arguments):
    """What every topology says of itself."""

    primary_moves: ClassVar[bool] = False
    """Any member may become the primary."""


class Standalone(_Kind):
    """One server. It stops fully before its successor starts; while it restarts, nothing can be read or written."""

    kind: Literal["standalone"] = "standalone"

    @property
    def members(self) -> int:
        return 1


class Replication(_Kind):
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


class ForceStart(Arguments):
    """Starts a group that waits for a member which will not come back. What only that member held is lost."""

    member: Annotated[int, Field(strict=True, ge=0)]
    """The ordinal of the member to start the group from: the 1 of ``orders-1``."""

    epoch: Annotated[str, Field(pattern=r"^[0-9]+$")]
    """Which start of the group ended in the outage, as the waiting members tell it. A group that was started since has
    another one, so this can never act twice."""


class GroupReplication(_Kind):
    """A group that elects its one primary by majority (MySQL Group Replication), and elects another one if that fails.

    A commit is acknowledged once a majority has received it.
    """

    primary_moves: ClassVar[bool] = True

    kind: Literal["group-replication"] = "group-replication"

    members: Annotated[int, Field(strict=True), AfterValidator(_group_size)] = 3
    """How many servers there are, the primary included: 3, 5, 7 or 9."""

    profile: Literal["fast", "tolerant"] = "fast"
    """How soon a silent member is given up. ``fast``: after some 6 s, for a quick and even network. ``tolerant``: after
    some 20 s, for machines and networks that stall now and then."""

    consistency: Literal["EVENTUAL", "BEFORE_ON_PRIMARY_FAILOVER", "BEFORE", "AFTER", "BEFORE_AND_AFTER"] = (
        "BEFORE_ON_PRIMARY_FAILOVER"
    )
    """What a transaction waits for (group_replication_consistency). The default: on a new primary, until everything
    that its predecessor had acknowledged is applied."""

    clone_threshold: Annotated[int, Field(strict=True, ge=1)] = 10_000
    """A new, empty member that lacks more transactions than this clones all data instead of applying them."""

    replica_lag_limit_seconds: Annotated[int, Field(strict=True, ge=1)] = 30
    """A secondary that is further behind than this leaves the Services until it has caught up. Seconds."""

    force_start: ForceStart | None = None
    """After a total outage, starts the group although a member that may hold newer data does not report."""

    @model_validator(mode="after")
    def _forced_member_exists(self) -> Self:
        _check_forced(self.force_start, self.members)
        return self


class StartAnew(Arguments):
    """Starts a Galera cluster that waits for a member which will not come back. What only that member held is lost."""

    member: Annotated[int, Field(strict=True, ge=0)]
    """The ordinal of the member to start the cluster from: the 1 of ``orders-1``."""

    epoch: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    """The history that ended, as the waiting members tell it. The new start begins another one, so this can never act
    twice, and what comes back later is never taken for a part of it."""


class Galera(_Kind):
    """A cluster of equals (MariaDB Galera): a commit is acknowledged once every member has received it and it conflicts
    with nothing that was committed before."""

    primary_moves: ClassVar[bool] = True

    kind: Literal["galera"] = "galera"

    members: Literal[3, 5] = 3
    """How many servers there are."""

    profile: Literal["fast", "tolerant"] = "fast"
    """How soon a silent member is given up; until then no member can commit. ``fast``: after some 3 s, for a quick and
    even network. ``tolerant``: after some 6 s, for machines and networks that stall now and then."""

    writers: Literal["one", "all"] = "one"
    """``one``: a chosen member takes the writes, and another one if it fails. ``all``: every member takes writes; those
    that conflict fail with a deadlock error, and lost updates become possible (docs/galera.md)."""

    donor: Literal["serves", "leaves"] = "serves"
    """Whether a member that sends all its data to another one is read from meanwhile."""

    receive_queue_limit: Annotated[int, Field(strict=True, ge=1)] = 100
    """A member that has received more transactions than this and not yet applied them, on average of some seconds,
    leaves the Services until it has."""

    failed_transfers_limit: Annotated[int, Field(strict=True, ge=1)] = 3
    """After so many failed transfers of all data in a row a member stops trying and reports it."""

    replica_lag_limit_seconds: Annotated[int, Field(strict=True, ge=1)] = 30
    """A member that is further behind the writer than this leaves the Services until it has caught up. Seconds."""

    force_start: StartAnew | None = None
    """After a total outage, starts the cluster although a member that may hold newer data does not report."""

    @model_validator(mode="after")
    def _forced_member_exists(self) -> Self:
        _check_forced(self.force_start, self.members)
        return self


def _check_forced(order: ForceStart | StartAnew | None, members: int) -> None:
    if order and order.member >= members:
        problem = f"is not among the members; use an ordinal from 0 to {members - 1}"
        raise misfit("topology.force_start.member", order.member, problem)


Topology = Annotated[Standalone | Replication | GroupReplication | Galera, Field(discriminator="kind")]
