"""Everything the agent can do, as plain values. A decision is exactly one of these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Steady:
    """Everything is as it should be."""

    doing: str = "all in order"


@dataclass(frozen=True)
class Wait:
    """Nothing can be done yet."""

    doing: str
    patience: float | None = None
    """After so many seconds of waiting a person should look; None: this always ends by itself."""


@dataclass(frozen=True)
class Blocked:
    """Going on could lose data, or nobody but a person can repair it."""

    doing: str


@dataclass(frozen=True)
class Close:
    """Close a private window that a crash left open: read-only first, then let clients in."""

    doing: str = "closing a private window that was left open"


@dataclass(frozen=True)
class Bootstrap:
    """Make an empty member the first one: record the cluster's identity, with a first GTID."""

    doing: str = "bootstrapping the first member"


@dataclass(frozen=True)
class Clone:
    """Take all data from a donor. Only ever decided for an empty member."""

    donor: int
    doing: str


@dataclass(frozen=True)
class AlignAccounts:
    """Bring the internal accounts in line with the mounted passwords, on this member only."""

    doing: str = "bringing the internal accounts in line with their Secrets"


@dataclass(frozen=True)
class Follow:
    """(Re)start replication from a source, by GTID auto-position."""

    source: int
    doing: str


@dataclass(frozen=True)
class ApplyReceived:
    """Apply what is in the relay log, without asking any source for more."""

    doing: str = "applying what was received"


@dataclass(frozen=True)
class StopReceiving:
    """Acknowledge nothing any more to an earlier primary; keep everything that was received."""

    doing: str = "cutting off an earlier primary"


@dataclass(frozen=True)
class RefetchRelayLog:
    """Throw away an unreadable relay log whose every transaction the primary still has, and fetch it again."""

    source: int
    doing: str


@dataclass(frozen=True)
class AcknowledgeAgain:
    """Tell the primary once more what this replica has received: an acknowledgement of it was lost."""

    source: int
    doing: str


@dataclass(frozen=True)
class StopFollowing:
    """Remove a replication channel that has delivered everything."""

    doing: str = "leaving the member that this one caught up from"


@dataclass(frozen=True)
class RecordPrimary:
    """Write into the data itself which server is the primary."""

    doing: str = "recording this member as the primary"


@dataclass(frozen=True)
class Declare:
    """Make the declared databases and users."""

    doing: str = "creating the declared databases and users"


@dataclass(frozen=True)
class RequireAcknowledgement:
    """From now on acknowledge no commit that no replica has."""

    doing: str = "switching on semi-synchronous replication"


@dataclass(frozen=True)
class MakeWritable:
    """Let clients write: the last of all steps."""

    doing: str = "opening the primary for writes"


@dataclass(frozen=True)
class MakeReadOnly:
    """Refuse writes."""

    doing: str = "refusing writes"


@dataclass(frozen=True)
class JoinGroup:
    """Join the group that runs, and catch up with it."""

    name: str
    """The group's, as the members of it have it."""
    doing: str = "joining the group"


@dataclass(frozen=True)
class StartGroup:
    """Found the group anew from this member's data. Only ever decided for the member that holds all there is."""

    doing: str = "starting the group"


@dataclass(frozen=True)
class JoinCluster:
    """Start mariadbd as a member of the Galera cluster that runs."""

    donors: tuple[int, ...]
    """Who may send the data that this member lacks, the most wanted first."""
    doing: str = "joining the cluster"


@dataclass(frozen=True)
class StartAnew:
    """Found a Galera cluster from this member's data with a history of its own, as a person demands."""

    doing: str = "starting the cluster from this member's data, as topology.force_start demands"


@dataclass(frozen=True)
class Disarm:
    """Take back what a killed agent left: permission to found a group."""

    doing: str = "taking back the permission to start a group"


@dataclass(frozen=True)
class RecordEpoch:
    """Write into the data which start of the group this is."""

    doing: str = "recording the start of the group"


@dataclass(frozen=True)
class AlignThroughGroup:
    """Bring the internal accounts in line on every member at once, as the primary of a group that runs."""

    doing: str = "bringing the group's internal accounts in line with their Secrets"


@dataclass(frozen=True)
class HandOver:
    """Make another member the primary, before this one stops."""

    ordinal: int
    uuid: str
    doing: str


@dataclass(frozen=True)
class LeaveGroup:
    """Leave the group, or what is left of this member's part in it."""

    doing: str


@dataclass(frozen=True)
class RefuseClients:
    """Cut off every client: what they read or write here would not be the group's."""

    doing: str


@dataclass(frozen=True)
class AdmitClients:
    """Let clients in again; whether they may write is the group's to say."""

    doing: str = "letting clients in again"


@dataclass(frozen=True)
class AllowStop:
    """Tell the pod that mysqld may be stopped."""

    doing: str = "ready to be stopped"


Action = (
    Steady
    | Wait
    | Blocked
    | Close
    | Bootstrap
    | Clone
    | AlignAccounts
    | Follow
    | ApplyReceived
    | StopReceiving
    | RefetchRelayLog
    | AcknowledgeAgain
    | StopFollowing
    | RecordPrimary
    | Declare
    | RequireAcknowledgement
    | MakeWritable
    | MakeReadOnly
    | JoinGroup
    | StartGroup
    | JoinCluster
    | StartAnew
    | Disarm
    | RecordEpoch
    | AlignThroughGroup
    | HandOver
    | LeaveGroup
    | RefuseClients
    | AdmitClients
    | AllowStop
)
