"""The matrix of engines and topologies in types, for the constructor of MySQLClusterArgs.

A checker of types refuses any other pair where it is written; ``engine.TOPOLOGIES`` says the same at run time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from .access import TLS, User
from .backup import Backup, Restore
from .fit import Scalar
from .placement import Network, Scheduling, Timeouts
from .resources import Agent, Resources
from .router import Router
from .storage import Storage
from .topology import Galera, GroupReplication, Replication, Standalone

TopologyOfMySQL = Standalone | Replication | GroupReplication
TopologyOfMariaDB = Standalone | Replication | Galera


class Others(TypedDict, total=False):
    """Every other argument; a test compares them with the model's."""

    namespace: str
    storage: Storage
    resources: Resources
    agent: Agent
    my_cnf: Mapping[str, Scalar]
    databases: tuple[str, ...]
    users: tuple[User, ...]
    tls: TLS
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    scheduling: Scheduling
    timeouts: Timeouts
    network: Network
    backup: Backup | None
    restore: Restore | None


class OthersOfMySQL(Others, total=False):
    """And what only MySQL has."""

    router: Router | None
