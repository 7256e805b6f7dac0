"""The typed arguments. Pure: no Kubernetes object, nothing read from outside."""

from .access import TLS, User
from .backup import S3, Backup, Restore, Volume
from .cluster import MySQLClusterArgs
from .engine import MariaDB, MySQL
from .errors import explain
from .placement import Network, Scheduling, Timeouts, Toleration
from .resources import Agent, Resources
from .router import Router
from .storage import Storage
from .topology import ForceStart, Galera, GroupReplication, Replication, Standalone, StartAnew, Topology

__all__ = [
    "S3",
    "TLS",
    "Agent",
    "Backup",
    "ForceStart",
    "Galera",
    "GroupReplication",
    "MariaDB",
    "MySQL",
    "MySQLClusterArgs",
    "Network",
    "Replication",
    "Resources",
    "Restore",
    "Router",
    "Scheduling",
    "Standalone",
    "StartAnew",
    "Storage",
    "Timeouts",
    "Toleration",
    "Topology",
    "User",
    "Volume",
    "explain",
]
