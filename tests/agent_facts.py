"""Short ways to write down facts in tests of the agent."""

from __future__ import annotations

from mysql_k8s.agent.facts import Channel, Facts, Local, Report, Silent
from mysql_k8s.agent.gtid import NOTHING, GtidSet
from mysql_k8s.agent.settings import Settings

UUIDS = tuple(f"0000000{n}-0000-4000-8000-000000000000" for n in range(10))


def settings(*, members: int = 3, durability: str = "async") -> Settings:
    topology = "replication" if members > 1 else "standalone"
    return Settings("db", "shop", "db", members, topology, durability)


def gtids(text: str) -> GtidSet:
    """``"0:1-5 1:3"`` is 1-5 of the first server and 3 of the second."""
    return GtidSet.parse(",".join(f"{UUIDS[int(item[0])]}{item[1:]}" for item in text.split()))


def report(
    ordinal: int,
    executed: str = "",
    *,
    received: str = "",
    purged: str = "",
    writable: bool = False,
    bootstrapped: bool | None = None,
    healthy: bool = True,
    receiving: bool = False,
    unacknowledged_seconds: float = 0.0,
) -> Report:
    has = gtids(executed)
    return Report(
        ordinal=ordinal,
        server_uuid=UUIDS[ordinal],
        executed=has,
        received=has | gtids(received),
        purged=gtids(purged) if purged else NOTHING,
        writable=writable,
        bootstrapped=bool(has) if bootstrapped is None else bootstrapped,
        healthy=healthy,
        receiving=receiving,
        unacknowledged_seconds=unacknowledged_seconds,
    )


def following(host: str = "db-0.db.shop.svc", **changes: object) -> Channel:
    known: dict[str, object] = {"source_host": host, "receiving": "Yes", "applying": True}
    return Channel(**(known | changes))  # type: ignore[arg-type]


def local(own: Report, **changes: object) -> Local:
    return Local(**({"report": own, "version": "9.7.4"} | changes))  # type: ignore[arg-type]


def facts(own: Local | None, *peers: Report | Silent, ordinal: int | None = None, **changes: object) -> Facts:
    """Peers that are Silent stand for the ordinals that are left, in order."""
    me = own.report.ordinal if own else (ordinal or 0)
    known = {peer.ordinal: peer for peer in peers if isinstance(peer, Report)}
    declared = changes.pop("settings", settings())
    assert isinstance(declared, Settings)
    free = (o for o in range(declared.members) if o != me and o not in known)
    silent = {next(free): peer for peer in peers if isinstance(peer, Silent)}
    return Facts(settings=declared, ordinal=me, local=own, peers={**known, **silent}, **changes)  # type: ignore[arg-type]
