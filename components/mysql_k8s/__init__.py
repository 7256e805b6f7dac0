"""MySQL on Kubernetes as a Pulumi component.

The names are looked up when they are first used: the commands of ``operate`` and the processes that make passwords and
certificates live below this package too, and must not load all of Pulumi's Kubernetes SDK (seconds) for nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .args import (
        S3,
        TLS,
        Agent,
        Backup,
        ForceStart,
        Galera,
        GroupReplication,
        MariaDB,
        MySQL,
        MySQLClusterArgs,
        Network,
        Replication,
        Resources,
        Restore,
        Router,
        Scheduling,
        Standalone,
        StartAnew,
        Storage,
        Timeouts,
        Toleration,
        User,
        Volume,
        explain,
    )
    from .component import MySQLCluster

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
    "MySQLCluster",
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
    "User",
    "Volume",
    "explain",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".component" if name == "MySQLCluster" else ".args", __name__), name)
