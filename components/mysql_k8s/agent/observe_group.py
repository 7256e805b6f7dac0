"""Facts about a member of a group, in two cheap queries a round."""

from __future__ import annotations

from .facts import Local, Report
from .group import INSIDE, OFFLINE, Group, Seat
from .gtid import NOTHING, GtidSet
from .identity import Kept, read_group_identity, read_identity
from .mysqld import Mysqld, Row
from .observe import CLONES
from .setbacks import ApplyFailure

SERVER = """
SELECT @@server_uuid AS server_uuid, @@gtid_executed AS executed, @@gtid_purged AS purged, @@version AS version,
       @@super_read_only OR @@read_only AS read_only, @@offline_mode AS offline,
       @@group_replication_bootstrap_group AS armed,
       (SELECT RECEIVED_TRANSACTION_SET FROM performance_schema.replication_connection_status
         WHERE CHANNEL_NAME = 'group_replication_applier') AS received,
       (SELECT VIEW_ID FROM performance_schema.replication_group_member_stats
         WHERE MEMBER_ID = @@server_uuid) AS view
"""
SEATS = """
SELECT MEMBER_ID AS uuid, MEMBER_HOST AS host, MEMBER_STATE AS state, MEMBER_ROLE AS role
  FROM performance_schema.replication_group_members ORDER BY MEMBER_HOST
"""
FAILURES = """
SELECT COALESCE(NULLIF(APPLYING_TRANSACTION, ''), LAST_ERROR_NUMBER) AS transaction,
       CAST(LAST_ERROR_TIMESTAMP AS CHAR) AS at, LAST_ERROR_MESSAGE AS message
  FROM performance_schema.replication_applier_status_by_worker
 WHERE CHANNEL_NAME LIKE 'group\\_replication\\_%' AND LAST_ERROR_NUMBER <> 0
 ORDER BY LAST_ERROR_TIMESTAMP DESC LIMIT 1
"""


class GroupObserver:
    """Reads the facts of a member of a group, except those about accounts."""

    def __init__(self, mysqld: Mysqld, ordinal: int) -> None:
        self._mysqld = mysqld
        self._ordinal = ordinal
        self._identity = Kept(mysqld, read_identities)

    def observe(self) -> Local:
        """The member's facts. Raises Unreachable or pymysql.MySQLError."""
        server = self._mysqld.rows(SERVER)[0]
        seats = tuple(Seat(**row) for row in self._mysqld.rows(SEATS))
        of_group, of_cluster = self._identity.at(server["executed"])
        executed = GtidSet.parse(server["executed"])
        group = group_of(server, seats, of_group)
        report = Report(
            ordinal=self._ordinal,
            server_uuid=server["server_uuid"],
            executed=executed,
            received=executed | GtidSet.parse(server["received"] or ""),
            purged=GtidSet.parse(server["purged"]),
            writable=not server["read_only"] and not server["offline"],
            bootstrapped=of_group is not None,
            group=group,
        )
        return Local(
            report=report,
            version=server["version"],
            offline=bool(server["offline"]),
            cloning=executed == NOTHING and bool(self._mysqld.rows(CLONES)[0]["running"]),
            primary_uuid=of_cluster["primary_uuid"] if of_cluster else None,
            armed=bool(server["armed"]),
            apply_failure=None if group.state in INSIDE else self._read_failure(),
        )

    def _read_failure(self) -> ApplyFailure | None:
        return next((ApplyFailure(**row) for row in self._mysqld.rows(FAILURES)), None)


def read_identities(mysqld: Mysqld) -> tuple[Row | None, Row | None]:
    """Of the group, and of the cluster."""
    return read_group_identity(mysqld), read_identity(mysqld)


def group_of(server: Row, seats: tuple[Seat, ...], identity: Row | None) -> Group:
    """A server outside of any group has one seat, its own, and perhaps without its UUID."""
    own = next((seat for seat in seats if seat.uuid == server["server_uuid"]), None)
    state = own.state if own else OFFLINE
    return Group(
        name=identity["name"] if identity else "",
        epoch=identity["epoch"] if identity else "",
        running=(server["view"] or "").partition(":")[0] if state in INSIDE else "",
        state=state,
        role=own.role if own else "",
        seats=seats if state != OFFLINE else (),
    )
