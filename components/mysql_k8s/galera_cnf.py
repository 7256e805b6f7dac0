"""What a Galera cluster's arguments ask of the provider (MariaDB documentation, "wsrep_provider_options"). Pure."""

from __future__ import annotations

from . import quantity
from .args import Galera, MySQLClusterArgs
from .quantity import GIB, MIB
from .server_settings import TLS_DIRECTORY

_LEAST_CACHE = 128 * MIB
_MOST_CACHE = 8 * GIB

_DETECTION = {
    "fast": {"keepalive_period": "PT0.5S", "suspect_timeout": "PT2S", "inactive_timeout": "PT6S"},
    "tolerant": {"keepalive_period": "PT1S", "suspect_timeout": "PT5S", "inactive_timeout": "PT15S"},
}
"""By profile. When a member dies, all writes stall for the suspect timeout and what it takes to agree on the rest."""


def settings(args: MySQLClusterArgs, topology: Galera) -> dict[str, str]:
    """What follows from the arguments, as lines of my.cnf."""
    options = ";".join(f"{key}={value}" for key, value in provider_options(args, topology).items())
    return {"wsrep_provider_options": f'"{options}"'}


def provider_options(args: MySQLClusterArgs, topology: Galera) -> dict[str, str]:
    """For libgalera_smm; encrypted and verified on both sides."""
    detection = _DETECTION[topology.profile]
    return {
        "socket.ssl": "yes",
        "socket.ssl_ca": f"{TLS_DIRECTORY}/ca.crt",
        "socket.ssl_cert": f"{TLS_DIRECTORY}/tls.crt",
        "socket.ssl_key": f"{TLS_DIRECTORY}/tls.key",
        **{f"evs.{key}": value for key, value in detection.items()},
        "evs.install_timeout": detection["inactive_timeout"],
        "evs.inactive_check_period": "PT0.2S",
        # How often members say again who they think is there, until all agree. Its default of 1 s is what writes wait
        # for beyond the suspect timeout, and again when the member comes back.
        "evs.join_retrans_period": "PT0.3S",
        # Who founds the cluster is decided from what all members hold; a second way would be one too many.
        "pc.recovery": "no",
        "gcache.size": str(cache_bytes(args)),
        # A member that was restarted can send others what they missed.
        "gcache.recover": "yes",
        "gcs.fc_single_primary": "yes",
        "gcs.fc_limit": "100",
    }


def cache_bytes(args: MySQLClusterArgs) -> int:
    """A tenth of the volume: a member that was away for no more transactions than this need not take all data anew."""
    return max(_LEAST_CACHE, min(_MOST_CACHE, quantity.to_bytes(args.storage.size) // 10))
