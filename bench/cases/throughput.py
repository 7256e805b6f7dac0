"""Transactions: how many, and how long each takes, by topology."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from cluster.support.deployment import Deployment

from .. import stacks, sysbench
from ..bare_server import bare_server
from ..case import Case, Comparison, Measure, Subject
from ..root_filesystem import mysql_rootfs
from ..sysbench import Load, Sysbench

BARE = "mysqld without Kubernetes"
TOPOLOGIES: dict[str, dict[str, object]] = {
    "standalone": {"kind": "standalone"},
    "replication, 3 members, async": {"kind": "replication", "members": 3},
    "replication, 3 members, semi-sync": {"kind": "replication", "members": 3, "durability": "semi-sync"},
    "group replication, 3 members": {"kind": "group-replication", "members": 3},
}
WRITES = Measure("writes", "write transactions", "per second")
WRITE_TIME = Measure("write time", "95 of 100 writes within", "s")
READS = Measure("reads", "read transactions", "per second")
READ_TIME = Measure("read time", "95 of 100 reads within", "s")


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    rootfs = mysql_rootfs("throughput")
    sysbench.install()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        clusters = {
            name: stack.enter_context(stacks.ours(folder, "mysql", **topology)) for name, topology in TOPOLOGIES.items()
        }
        arguments = clusters["standalone"].arguments
        settings = {"topology": {"kind": "standalone"}, "resources": arguments["resources"]}
        bare = stack.enter_context(bare_server(folder / "bare", rootfs, settings))
        load = Sysbench(folder / "load-bare", "app", bare.password, bare.tls)
        subjects = [_subject(BARE, load, bare.host, [bare.host])]
        for number, (name, deployment) in enumerate(clusters.items()):
            deployment.up()
            deployment.wait_healthy()
            subjects.append(_of_cluster(name, deployment, folder / f"load-{number}"))
        yield subjects


def _of_cluster(name: str, deployment: Deployment, folder: Path) -> Subject:
    app = deployment.member(deployment.primary_ordinal)
    hosts = [deployment.member(ordinal).address for ordinal in deployment.ordinals]
    load = Sysbench(folder, "app", app.password, deployment.kube.secret(f"{deployment.name}-tls"))
    return _subject(name, load, app.address, hosts)


def _subject(name: str, load: Sysbench, primary: str, members: Sequence[str]) -> Subject:
    load.prepare(primary)
    return Subject(name, partial(_sample, load, primary, members))


def _sample(load: Sysbench, primary: str, members: Sequence[str]) -> dict[str, float]:
    writes, reads = load.run([primary], "oltp_write_only"), load.run(members, "oltp_read_only")
    return {**_values(writes, WRITES, WRITE_TIME), **_values(reads, READS, READ_TIME)}


def _values(load: Load, rate: Measure, time: Measure) -> dict[str, float]:
    return {rate.name: load.per_second, time.name: load.latency}


def comparisons() -> Iterator[Comparison]:
    for measure in (WRITES, WRITE_TIME, READS, READ_TIME):
        for name in TOPOLOGIES:
            yield Comparison(measure.name, name, BARE)


CASE = Case(
    name="throughput",
    title="Transactions by topology",
    about=(
        f"sysbench with {sysbench.THREADS} connections over TLS: `oltp_write_only` on the primary, then "
        "`oltp_read_only`, whose connections are spread over all members. The reference is one mysqld as a process of "
        "this machine, with the same `my.cnf`, on the same disk, with binary log and TLS, but without containers, pod "
        "network and agent. Members, load and control plane share the processors of one machine: what a replica "
        "applies is taken from the primary here, and members that read cannot add up as they do on machines of their "
        "own."
    ),
    found=(
        "So far measured once, on a machine that did other work meanwhile. There a process outside of all control "
        "groups gets more of the processor than pods that ask for a tenth of one: much of the distance between the "
        "reference and a single server in a pod is that. The topologies have the same requests and compare with each "
        "other: what replicas on the same processors take, and what an acknowledgement costs."
    ),
    measures=(WRITES, READS, WRITE_TIME, READ_TIME),
    comparisons=tuple(comparisons()),
    stage=stage,
    needs="root, the local Kubernetes",
)
