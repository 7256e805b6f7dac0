"""ConfigMaps. What mysqld reads when it starts has its digest in the name: every content is an object of its own,
so a changed file reaches the pods as a changed template, one rolling restart, and a rollback finds the old object.

What the agents apply at run time (members, databases, users, limits) has a fixed name and changes in place.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources

from pulumi_kubernetes.core.v1 import ConfigMapInitArgs

from .. import agent_bundle, my_cnf
from ..args import Galera, MySQLClusterArgs, Topology
from ..names import Names
from .metadata import object_meta


def files(args: MySQLClusterArgs) -> dict[str, str]:
    """What both containers find in /etc/mysql-k8s: the scripts and my.cnf."""
    return {"my.cnf": my_cnf.render(args), **scripts(args.engine.kind, args.topology.kind)}


def scripts(engine: str, topology: str) -> dict[str, str]:
    """By name: those for all, for an engine and for a topology (their kinds); the last of several of a name."""
    folder = resources.files("mysql_k8s.objects") / "scripts"
    layers = [folder, *(each for each in (folder / engine, folder / topology) if each.is_dir())]
    found = [script for layer in layers for script in layer.iterdir() if script.name.endswith(".sh")]
    return {script.name: script.read_text("utf-8") for script in found}


def digest(files: dict[str, str]) -> str:
    """Ten hexadecimal digits that name the content."""
    text = json.dumps(files, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def config(args: MySQLClusterArgs, names: Names) -> ConfigMapInitArgs:
    """The ConfigMap ``<name>-config-<digest>``."""
    content = files(args)
    return ConfigMapInitArgs(
        metadata=object_meta(args, names, config_name(args, names)),
        immutable=True,
        data=content,
    )


def config_name(args: MySQLClusterArgs, names: Names) -> str:
    return names.config_map(digest(files(args)))


def declared(args: MySQLClusterArgs, names: Names) -> ConfigMapInitArgs:
    """The ConfigMap ``<name>-cluster``: cluster.json, which the agents read again whenever the kubelet renews it."""
    return ConfigMapInitArgs(
        metadata=object_meta(args, names, names.cluster_config_map),
        data={"cluster.json": cluster_json(args, names)},
    )


def agent(args: MySQLClusterArgs, names: Names) -> ConfigMapInitArgs:
    """The ConfigMap ``<name>-agent-<digest>``: the agent's code."""
    return ConfigMapInitArgs(
        metadata=object_meta(args, names, agent_name(names)),
        immutable=True,
        binary_data={agent_bundle.FILE_NAME: agent_bundle.build().base64},
    )


def agent_name(names: Names) -> str:
    return names.agent_config_map(agent_bundle.build().digest)


def cluster_json(args: MySQLClusterArgs, names: Names) -> str:
    """The cluster as declared: the contract with the agent, see docs/design.md."""
    topology = args.topology
    cluster = {
        "name": names.cluster,
        "namespace": names.namespace,
        "service": names.headless_service,
        "members": topology.members,
        "engine": args.engine.kind,
        "topology": topology.kind,
        "durability": args.durability,
        "start_order": args.start_order,
        "replica_lag_limit_seconds": 0 if topology.kind == "standalone" else topology.replica_lag_limit_seconds,
        "stop_wait_seconds": args.timeouts.stop_wait_seconds,
        "databases": list(args.databases),
        "users": [
            {"name": user.name, "databases": list(user.databases), "privileges": list(user.privileges)}
            for user in args.users
        ],
    }
    return json.dumps({**cluster, **_group(topology)}, indent=2) + "\n"


def _galera(topology: Galera) -> dict[str, object]:
    """What only the agents of a Galera cluster need."""
    force = topology.force_start.model_dump() if topology.force_start else None
    galera = {
        "all_write": topology.writers == "all",
        "donor_leaves": topology.donor == "leaves",
        "receive_queue_limit": topology.receive_queue_limit,
        "failed_transfers_limit": topology.failed_transfers_limit,
    }
    return {"group": {"force_start": force}, "galera": galera}


def _group(topology: Topology) -> dict[str, object]:
    """What only a group's agents need."""
    if topology.kind == "galera":
        return _galera(topology)
    if topology.kind != "group-replication":
        return {}
    force = topology.force_start.model_dump() if topology.force_start else None
    return {"group": {"clone_threshold": topology.clone_threshold, "force_start": force}}
