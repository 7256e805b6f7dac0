"""What the agent observes. Facts only: nothing here decides or talks to anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .galera import GaleraMember
from .group import Group
from .gtid import NOTHING, GtidSet
from .setbacks import ApplyFailure, Setbacks
from .settings import Settings
from .volume import Volume


@dataclass(frozen=True)
class Channel:
    """The replication channel of a member, as SHOW REPLICA STATUS tells it."""

    source_host: str
    receiving: str
    """``Yes``, ``No`` or ``Connecting`` (Replica_IO_Running)."""
    applying: bool
    receive_error: int = 0
    receive_message: str = ""
    apply_error: int = 0
    apply_message: str = ""


@dataclass(frozen=True)
class Report:
    """What a member tells the others about itself."""

    ordinal: int
    server_uuid: str
    executed: GtidSet
    received: GtidSet
    """Executed, or received by the replica and still to be applied."""
    purged: GtidSet
    writable: bool = False
    bootstrapped: bool = False
    healthy: bool = True
    """False for a member that waits for a person, or began from nothing a moment ago: it is no donor."""
    receiving: bool = False
    """It receives, or tries to, from another member: what it holds may still grow."""
    stopping: bool = False
    """Its pod is being stopped."""
    unacknowledged_seconds: float = 0.0
    """For how long a commit here has waited for an acknowledgement; 0 where none can be lost."""
    sends: int = 0
    """Bytes of all its data while it sends them to another member, in a Galera cluster; 0: it does not."""
    group: Group | None = None
    """Its own view of its group; None where the topology has none."""
    beginning: str = ""
    """The version of the server whose new data directory its binary log makes all its data out of: see ``beginning``.
    Empty if it does not, or was not asked."""

    @property
    def empty(self) -> bool:
        """No client can have written to it: see the rules of the data in the design document."""
        return not self.received


@dataclass(frozen=True)
class Silent:
    """A member that did not report."""

    why: str
    claim_exists: bool = True
    """False only if the API server said that its volume claim does not exist: then it cannot hold data."""
    answered: bool = False
    """Its agent answered at once, that its server does not."""


Answers = Mapping[int, Report | Silent]
"""What the other members said, by ordinal."""


@dataclass(frozen=True)
class Mark:
    """What the claims' annotations say that a group once held: a guard against starting it again from less."""

    readable: bool = True
    """False: the API server could not be asked, so there may be more."""
    held: GtidSet = NOTHING


@dataclass(frozen=True)
class Local:
    """The member's own mysqld."""

    report: Report
    version: str
    offline: bool = False
    """offline_mode is on: the agent was in the middle of something."""
    channel: Channel | None = None
    cloning: bool = False
    primary_uuid: str | None = None
    """The server UUID of the primary, as the data itself records it."""
    declared_in_order: bool = True
    """The databases and users that the cluster declares exist with their current passwords."""
    accounts_in_order: bool = True
    """The internal accounts accept the mounted passwords."""
    semi_sync: bool = False
    """The member waits for a replica's acknowledgement before it acknowledges a commit."""
    armed: bool = False
    """It would found a group of its own when it starts Group Replication."""
    apply_failure: ApplyFailure | None = None
    """Why it stopped applying what its group sent; None: it has not, or began again."""
    busy: str | None = None
    """What the agent is in the middle of, where that takes long."""
    galera: GaleraMember | None = None
    """Only in a Galera cluster."""


@dataclass(frozen=True)
class Facts:
    """Everything a decision may depend on. Own facts are gathered before the other members are asked."""

    settings: Settings
    ordinal: int
    local: Local | None
    """None: mysqld does not answer."""
    peers: Mapping[int, Report | Silent] = field(default_factory=dict[int, Report | Silent])
    seconds_up: float = 0.0
    """How long the agent has been able to ask its mysqld, in seconds."""
    stopping_seconds: float | None = None
    """How long ago the pod was asked to stop in order, in seconds; None: it was not."""
    being_deleted: bool = False
    """The pod stops because it is being deleted: Services then lead to it only while they have no other ready pod."""
    lag_seconds: float | None = None
    catching_up: bool = False
    """The member began from nothing, and has not yet reached what its primary held when it was first asked."""
    same_seconds: float = 0.0
    """For how long the agent's decision has been the same, in seconds."""
    setbacks: Setbacks = field(default_factory=Setbacks)
    mark: Mark = field(default_factory=Mark)
    volume: Volume | None = None
    """The data's volume; None: its space cannot be told."""
    clock_ahead_seconds: float = 0.0
    """How far the member's clock is ahead of the middle one of all members'."""

    @property
    def full(self) -> bool:
        """The data's volume has no room for more writes."""
        return self.volume is not None and self.volume.full

    @property
    def roomy(self) -> bool:
        """The data's volume has room enough to begin writing."""
        return self.volume is None or self.volume.roomy

    @property
    def reports(self) -> tuple[Report, ...]:
        """The other members that reported, by ordinal."""
        return tuple(peer for _, peer in sorted(self.peers.items()) if isinstance(peer, Report))

    @property
    def unheard(self) -> tuple[int, ...]:
        """Ordinals of members that may hold data and did not report."""
        return tuple(
            ordinal for ordinal, peer in sorted(self.peers.items()) if isinstance(peer, Silent) and peer.claim_exists
        )
