"""What a cluster of these arguments is able to bear, as plain values for a person to read before it exists. Pure."""

# No `from __future__ import annotations` here: Pulumi's analyzer reads the types of `Plan`, not their names.

from typing import TypedDict

from . import my_cnf, quantity
from .args import MySQLClusterArgs


class Plan(TypedDict):
    """Sizes are Kubernetes quantities."""

    topology: str
    members: int
    majority: int
    losing_the_primary: str
    losing_a_replica: str
    durability: str
    buffer_pool: str
    storage_per_member: str
    storage_in_total: str


def plan(args: MySQLClusterArgs) -> Plan:
    """The plan of ``args``."""
    members = args.topology.members
    storage = quantity.to_bytes(args.storage.size)
    return Plan(
        topology=args.topology.kind,
        members=members,
        majority=members // 2 + 1,
        losing_the_primary=_losing_the_primary(args),
        losing_a_replica=_losing_a_replica(args),
        durability=_durability(args),
        buffer_pool=quantity.from_bytes(my_cnf.buffer_pool_bytes(args)),
        storage_per_member=args.storage.size,
        storage_in_total=quantity.from_bytes(storage * members),
    )


def _losing_the_primary(args: MySQLClusterArgs) -> str:
    if args.topology.kind == "standalone":
        return "no writes and no reads until its pod is back"
    if args.topology.kind == "group-replication":
        return "another member is elected: no writes until then, reads go on; see topology.profile for how long"
    if args.topology.kind == "galera":
        return "another member takes the writes: none until then, reads go on; see topology.profile for how long"
    return f"no writes until its pod is back; reads go on from {args.topology.members - 1} replicas"


def _losing_a_replica(args: MySQLClusterArgs) -> str:
    if args.topology.kind == "standalone":
        return "there is none"
    if args.topology.kind == "group-replication":
        return f"writes and reads go on while {args.topology.members // 2 + 1} of {args.topology.members} members run"
    if args.topology.kind == "galera":
        return (
            f"writes stop for as long as topology.profile says, then go on while {args.topology.members // 2 + 1} of "
            f"{args.topology.members} members run; reads go on"
        )
    left = args.topology.members - 2
    noun = "replica" if left == 1 else "replicas"
    if args.durability == "semi-sync":
        return f"writes go on while one of the other {left} {noun} acknowledges; reads go on"
    return f"writes and reads go on; {left} {noun} left"


def _durability(args: MySQLClusterArgs) -> str:
    if args.topology.kind == "standalone":
        return "an acknowledged write survives any crash, but not the loss of the volume"
    if args.topology.kind == "group-replication":
        return (
            "an acknowledged write survives any crash, and the loss of a volume while a majority runs, as that has "
            "received it (RPO 0)"
        )
    if args.topology.kind == "galera":
        return (
            "an acknowledged write survives the crash of any one member and the loss of its volume, as every other one "
            "has received it; what Galera does not promise: docs/galera.md"
        )
    if args.durability == "semi-sync":
        return "an acknowledged write survives any crash and the loss of any one volume (RPO 0)"
    return (
        "an acknowledged write survives any crash; with the primary's volume, what no replica had received is lost "
        "(RPO: the replication lag)"
    )
