"""What a Galera cluster fixes in MariaDB's settings, each with its reason.

Names are spelled as MariaDB's documentation has them ("Galera Cluster System Variables"), with underscores.
"""

from __future__ import annotations

from collections.abc import Mapping

from .server_settings import TLS_DIRECTORY, Enforced

_SAFE_IN_GALERA = "Galera replicates safely in no other way"
_AGENT = "the agent decides when a member founds or joins the cluster, and whom it takes data from"

ENFORCED: Mapping[str, Enforced] = {
    "wsrep_on": Enforced("ON", "topology.kind = galera asks for it"),
    "wsrep_provider": Enforced("/usr/lib/galera/libgalera_smm.so", "where the images have it"),
    "wsrep_sst_method": Enforced("mariabackup", "the sender goes on serving"),
    "wsrep_mode": Enforced("STRICT_REPLICATION", "what Galera cannot replicate must not look as if it were"),
    "default_storage_engine": Enforced("InnoDB", _SAFE_IN_GALERA),
    "binlog_format": Enforced("ROW", _SAFE_IN_GALERA),
    "innodb_autoinc_lock_mode": Enforced("2", _SAFE_IN_GALERA),
    "innodb_force_primary_key": Enforced("ON", "rows without a key cannot be deleted on all members alike"),
}

REFUSED: Mapping[str, str] = {
    "wsrep_cluster_address": _AGENT,
    "wsrep_cluster_name": "it is the cluster's name",
    "wsrep_node_address": "every member gets its own value when it starts",
    "wsrep_node_name": "every member gets its own value when it starts",
    "wsrep_provider_options": "the topology's arguments set it",
    "wsrep_start_position": _AGENT,
    "wsrep_sst_donor": _AGENT,
}

TRANSFER: Mapping[str, str] = {
    "encrypt": "3",
    "ssl-mode": "VERIFY_CA",
    "tca": f"{TLS_DIRECTORY}/ca.crt",
    "tcert": f"{TLS_DIRECTORY}/tls.crt",
    "tkey": f"{TLS_DIRECTORY}/tls.key",
    "sst-log-archive": "0",
}
"""The section ``[sst]``: how all data is sent to a member. With both sides verified, and never in plain text."""
