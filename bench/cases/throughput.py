"""Transactions: how many, and how long each takes, by topology."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cluster.support.deployment import Deployment

from sandbox import on_demand
from sandbox.progress import Reporter

from .. import stacks, sysbench
from ..bare_server import BareServer, bare_server
from ..case import Case, Comparison, Measure, Subject
from ..root_filesystem import rootfs_of
from ..sysbench import Load, Sysbench

BARE = {"mysql": "mysqld without Kubernetes", "mariadb": "mariadbd without Kubernetes"}


@dataclass(frozen=True)
class Kind:
    """What is deployed."""

    engine: str
    topology: Mapping[str, object]


SINGLE, FIVE = "standalone", "replication, 5 members, async"
KINDS = {
    SINGLE: Kind("mysql", {"kind": "standalone"}),
    "replication, 3 members, async": Kind("mysql", {"kind": "replication", "members": 3}),
    "replication, 3 members, semi-sync": Kind(
        "mysql", {"kind": "replication", "members": 3, "durability": "semi-sync"}
    ),
    "group replication, 3 members": Kind("mysql", {"kind": "group-replication", "members": 3}),
    FIVE: Kind("mysql", {"kind": "replication", "members": 5}),
    "Galera, 3 members": Kind("mariadb", {"kind": "galera", "members": 3}),
}
WRITERS, READERS = 4, 15
"""Connections. Those that read share out evenly among one, three and five members."""
WRITES = Measure("writes", "write transactions", "per second")
WRITE_TIME = Measure("write time", "95 of 100 writes within", "s")
READS = Measure("reads", "read transactions", "per second")
READ_TIME = Measure("read time", "95 of 100 reads within", "s")


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    rootfs = {engine: rootfs_of(engine, "throughput") for engine in BARE}
    sysbench.install()
    on_demand.provide("mariadb", Reporter())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        clusters = {
            name: stack.enter_context(stacks.ours(folder, kind.engine, **kind.topology)) for name, kind in KINDS.items()
        }
        resources = stacks.stack_of(clusters[SINGLE]).arguments["resources"]
        servers = {
            engine: stack.enter_context(bare_server(folder / engine, engine, rootfs[engine], resources))
            for engine in BARE
        }
        yield [
            *(_of_bare(engine, server, folder / f"load-{engine}") for engine, server in servers.items()),
            *(_of_cluster(each, clusters[each], folder / f"load-{number}") for number, each in enumerate(KINDS)),
        ]


def _of_bare(engine: str, server: BareServer, folder: Path) -> Subject:
    return _subject(BARE[engine], Sysbench(folder, "app", server.password, server.tls), server.host, [server.host])


def _of_cluster(name: str, deployment: Deployment, folder: Path) -> Subject:
    deployment.up()
    deployment.wait_healthy()
    app = deployment.member(deployment.primary_ordinal)
    hosts = [deployment.member(ordinal).address for ordinal in deployment.ordinals]
    load = Sysbench(folder, "app", app.password, deployment.kube.secret(f"{deployment.name}-tls"))
    return _subject(name, load, app.address, hosts)


def _subject(name: str, load: Sysbench, primary: str, members: Sequence[str]) -> Subject:
    load.prepare(primary)
    return Subject(name, partial(_sample, load, primary, members))


def _sample(load: Sysbench, primary: str, members: Sequence[str]) -> dict[str, float]:
    writes = load.run([primary], "oltp_write_only", WRITERS)
    reads = load.run(members, "oltp_read_only", READERS)
    return {**_values(writes, WRITES, WRITE_TIME), **_values(reads, READS, READ_TIME)}


def _values(load: Load, rate: Measure, time: Measure) -> dict[str, float]:
    return {rate.name: load.per_second, time.name: load.latency}


def comparisons() -> Iterator[Comparison]:
    for measure in (WRITES, WRITE_TIME, READS, READ_TIME):
        for name, kind in KINDS.items():
            yield Comparison(measure.name, name, BARE[kind.engine])
    yield Comparison(READS.name, FIVE, SINGLE)


CASE = Case(
    name="throughput",
    title="Transactions by topology",
    about=(
        f"sysbench over TLS: `oltp_write_only` with {WRITERS} connections on the primary, then `oltp_read_only` with "
        f"{READERS}, spread evenly over all members. The reference is one server as a process of "
        "this machine, with the same `my.cnf`, on the same disk, with binary log and TLS, but without containers, pod "
        "network and agent; for Galera it is MariaDB's. All clusters are there all the time, and idle but for one. "
        "Members, load and control plane share the processors of one machine: what a replica "
        "applies is taken from the primary here, and members that read cannot add up as they do on machines of their "
        "own."
    ),
    found=(
        "All members share the same processors and the same disk here. So a replica takes from the primary what it "
        "needs to apply each write, five members leave less than three, and reads that are spread over more members "
        "gain nothing. With semi-sync every commit waits until a replica has its relay log on the disk, transaction by "
        "transaction (`sync_relay_log=1`): that is what its acknowledgement promises. A group and Galera acknowledge "
        "what a majority, or every member, has received, and flush what they applied several transactions at a time."
    ),
    measures=(WRITES, READS, WRITE_TIME, READ_TIME),
    comparisons=tuple(comparisons()),
    stage=stage,
    needs="root, the local Kubernetes",
)
