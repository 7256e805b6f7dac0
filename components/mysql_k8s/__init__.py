"""MySQL on Kubernetes as a Pulumi component."""

from .args import (
    TLS,
    Agent,
    MySQL,
    MySQLClusterArgs,
    Network,
    Replication,
    Resources,
    Scheduling,
    Standalone,
    Storage,
    Timeouts,
    Toleration,
    User,
    explain,
)
from .component import MySQLCluster

__all__ = [
    "TLS",
    "Agent",
    "MySQL",
    "MySQLCluster",
    "MySQLClusterArgs",
    "Network",
    "Replication",
    "Resources",
    "Scheduling",
    "Standalone",
    "Storage",
    "Timeouts",
    "Toleration",
    "User",
    "explain",
]
