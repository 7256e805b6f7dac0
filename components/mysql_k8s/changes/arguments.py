"""What changing each argument of MySQLClusterArgs does, and which argument is behind a changed property.

`docs/changes.md` is this table for people; tests compare it with the documentation and with what the component makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from .documents import pattern
from .effect import Effect, Reason
from .step import Property, Step

if TYPE_CHECKING:
    from .contents import Renewal

_APPLIED = "The agents apply it within about two minutes, once the kubelet has brought it into the pods."
_RESTARTS = "Replicas restart first, the primary last; a standalone server is away while it restarts."
_FOR_LIFE = "A claim keeps what it was made with."

_BACKUPS = Reason(Effect.NOTHING, "The next backup and the keeper of the archive take it; no member does.")
_ELSEWHERE = Reason(
    Effect.NOTHING, "New backups go there; what is in the earlier place stays there. No member restarts."
)
_RESTORED = Reason(Effect.REFUSED, "A restore fills new claims only: where there is data it fails and touches nothing.")
_ROUTERS = Reason(
    Effect.ROLLING_RESTART, "New Routers start before old ones stop, and clients connect again. No member restarts."
)
_TARGET = (
    "kind", "claim", "size", "storage_class", "access_mode", "nfs_server", "nfs_path",
    "bucket", "prefix", "endpoint", "region", "encryption", "encryption_secret_name", "image", "secret_name",
)  # fmt: skip
_OF_BACKUPS = (
    "schedule", "keep", "point_in_time", "drill_schedule", "time_limit_seconds",
    "storage_class", "cpu", "memory", "memory_limit",
)  # fmt: skip

ARGUMENTS: Mapping[str, Reason] = {
    "namespace": Reason(
        Effect.DATA_AT_RISK, "Everything is made anew there, with empty claims; the data stays behind."
    ),
    "engine.kind": Reason(
        Effect.REFUSED, "No server starts on another engine's data. Make a second cluster and copy the data."
    ),
    "engine.version": Reason(
        Effect.ROLLING_RESTART, f"{_RESTARTS} The server upgrades the data; there is no way back."
    ),
    "engine.image": Reason(Effect.ROLLING_RESTART, f"{_RESTARTS} Another version upgrades the data; no way back."),
    "topology.kind": Reason(Effect.OUTAGE, "The replicas stop, their claims stay, and the primary restarts alone."),
    "topology.members": Reason(
        Effect.MEMBERS_ADDED, "More: they clone, and nothing restarts. Fewer: their claims stay."
    ),
    "topology.durability": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "topology.replica_lag_limit_seconds": Reason(Effect.RUN_TIME, _APPLIED),
    "topology.start_order": Reason(Effect.REFUSED, "Kubernetes never changes it in a StatefulSet that exists."),
    "topology.profile": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "topology.consistency": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "topology.clone_threshold": Reason(Effect.RUN_TIME, _APPLIED),
    "topology.force_start.member": Reason(Effect.RUN_TIME, f"{_APPLIED} Only a group that does not start obeys it."),
    "topology.force_start.epoch": Reason(Effect.RUN_TIME, f"{_APPLIED} Only a group that does not start obeys it."),
    "topology.writers": Reason(Effect.RUN_TIME, f"{_APPLIED} Members open for writes, or leave them to one."),
    "topology.donor": Reason(Effect.RUN_TIME, _APPLIED),
    "topology.receive_queue_limit": Reason(Effect.RUN_TIME, _APPLIED),
    "topology.failed_transfers_limit": Reason(Effect.RUN_TIME, _APPLIED),
    "storage.size": Reason(
        Effect.STORAGE_GROWS, "Claims grow in use, if the StorageClass allows it. Smaller is refused."
    ),
    "storage.storage_class": Reason(Effect.REFUSED, _FOR_LIFE),
    "storage.access_mode": Reason(Effect.REFUSED, _FOR_LIFE),
    "storage.retain_on_delete": Reason(Effect.DATA_AT_RISK, "If false: deleting the cluster deletes its data."),
    "storage.retain_on_scale_in": Reason(
        Effect.DATA_AT_RISK, "If false: fewer members delete the data of those removed."
    ),
    "resources.cpu": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "resources.memory": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "resources.cpu_limit": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "agent.image": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "agent.cpu": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "agent.memory": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "agent.memory_limit": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "my_cnf": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "databases": Reason(Effect.RUN_TIME, f"{_APPLIED} One that is taken off is kept."),
    "users[].name": Reason(Effect.RUN_TIME, f"{_APPLIED} An account that is taken off is kept, its Secret is deleted."),
    "users[].databases": Reason(Effect.RUN_TIME, _APPLIED),
    "users[].privileges": Reason(Effect.RUN_TIME, _APPLIED),
    "users[].password": Reason(Effect.RUN_TIME, f"{_APPLIED} Clients must read the Secret again."),
    "tls.secret_name": Reason(Effect.ROLLING_RESTART, f"{_RESTARTS} Clients that verify need its CA."),
    "tls.validity_days": Reason(Effect.RUN_TIME, "A new certificate of the same CA, loaded within about two minutes."),
    "labels": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "annotations": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.node_selector": Reason(Effect.ROLLING_RESTART, f"{_RESTARTS} Volumes of one node tie pods to it."),
    "scheduling.tolerations[].key": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.tolerations[].operator": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.tolerations[].value": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.tolerations[].effect": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.tolerations[].toleration_seconds": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.anti_affinity": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.spread_zones": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "scheduling.priority_class": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "timeouts.startup_seconds": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "timeouts.stop_seconds": Reason(Effect.ROLLING_RESTART, _RESTARTS),
    "timeouts.ready_seconds": Reason(Effect.NOTHING, "Only `make up` looks at it."),
    "network.client_namespaces": Reason(Effect.RUN_TIME, "New connections are judged by it within seconds."),
    "network.monitoring_namespaces": Reason(Effect.RUN_TIME, "New connections are judged by it within seconds."),
    "router.instances": Reason(
        Effect.MEMBERS_ADDED, "More Routers, or fewer: clients of one that goes connect again. No member restarts."
    ),
    **{f"router.{name}": _ROUTERS for name in ("image", "max_connections", "cpu", "memory")},
    **{f"backup.{name}": _BACKUPS for name in _OF_BACKUPS},
    **{f"backup.target.{name}": _ELSEWHERE for name in _TARGET},
    **{f"restore.{name}": _RESTORED for name in ("cluster", "until", "backup")},
    **{f"restore.target.{name}": _RESTORED for name in _TARGET},
}
"""The worst that a change of this one argument does to a cluster with replicas."""

_BEHIND: tuple[tuple[str, str, str], ...] = (
    ("StatefulSet", r"spec\.replicas", "topology.members"),
    ("StatefulSet", r"spec\.podManagementPolicy", "topology.start_order"),
    ("StatefulSet", r".*\.whenDeleted", "storage.retain_on_delete"),
    ("StatefulSet", r".*\.whenScaled", "storage.retain_on_scale_in"),
    ("StatefulSet", r"spec\.volumeClaimTemplates\[\].*\.storage", "storage.size"),
    ("StatefulSet", r"spec\.volumeClaimTemplates\[\].*\.storageClassName", "storage.storage_class"),
    ("StatefulSet", r"spec\.volumeClaimTemplates\[\].*\.accessModes.*", "storage.access_mode"),
    ("StatefulSet", r".*\.containers\[\]\.image", "engine.image"),
    ("StatefulSet", r".*\.initContainers\[\]\.image", "agent.image"),
    ("StatefulSet", r".*\.containers\[\]\.resources.*\.memory", "resources.memory"),
    ("StatefulSet", r".*\.containers\[\]\.resources\.limits.*\.cpu", "resources.cpu_limit"),
    ("StatefulSet", r".*\.containers\[\]\.resources.*\.cpu", "resources.cpu"),
    ("StatefulSet", r".*\.initContainers\[\]\.resources\.limits.*\.memory", "agent.memory_limit"),
    ("StatefulSet", r".*\.initContainers\[\]\.resources.*\.memory", "agent.memory"),
    ("StatefulSet", r".*\.initContainers\[\]\.resources.*\.cpu", "agent.cpu"),
    ("StatefulSet", r".*\.startupProbe.*", "timeouts.startup_seconds"),
    ("StatefulSet", r".*\.terminationGracePeriodSeconds", "timeouts.stop_seconds"),
    ("StatefulSet", r".*\.nodeSelector.*", "scheduling.node_selector"),
    ("StatefulSet", r".*\.tolerations.*", "scheduling.tolerations"),
    ("StatefulSet", r".*\.affinity.*", "scheduling.anti_affinity"),
    ("StatefulSet", r".*\.topologySpreadConstraints.*", "scheduling.spread_zones"),
    ("StatefulSet", r".*\.priorityClassName", "scheduling.priority_class"),
    ("StatefulSet", r".*\.volumes\[\]\.secret\..*", "tls.secret_name"),
    ("Deployment", r"spec\.replicas", "router.instances"),
    ("Deployment", r".*\.containers\[\]\.image", "router.image"),
    ("Deployment", r".*\.containers\[\]\.command.*", "router.max_connections"),
    ("Deployment", r".*\.volumes\[\]\.configMap\.name", "router.max_connections"),
    ("Deployment", r".*\.containers\[\]\.resources.*\.memory", "router.memory"),
    ("Deployment", r".*\.containers\[\]\.resources.*\.cpu", "router.cpu"),
    ("Deployment", r".*\.nodeSelector.*", "scheduling.node_selector"),
    ("Deployment", r".*\.tolerations.*", "scheduling.tolerations"),
    ("Deployment", r".*\.topologySpreadConstraints.*", "scheduling.spread_zones"),
    ("Deployment", r".*\.priorityClassName", "scheduling.priority_class"),
    ("PersistentVolumeClaim", r"spec\.resources\.requests\.storage", "storage.size"),
    ("NetworkPolicy", r"spec\..*", "network"),
    ("", r"metadata\.namespace", "namespace"),
    ("", r"(spec\.template\.)?metadata\.labels\.app\.kubernetes\.io/version", "engine.version"),
    ("", r"(spec\.template\.)?metadata\.labels\..*", "labels"),
    ("", r"(spec\.template\.)?metadata\.annotations\..*", "annotations"),
)

_DECLARED = {
    "members": "topology.members",
    "topology": "topology.kind",
    "durability": "topology.durability",
    "start_order": "topology.start_order",
    "replica_lag_limit_seconds": "topology.replica_lag_limit_seconds",
    "stop_wait_seconds": "timeouts.stop_seconds",
    "databases": "databases",
    "users": "users",
    "engine": "engine.kind",
    "group": "topology.clone_threshold or topology.force_start",
    "galera": "topology.writers, donor, receive_queue_limit or failed_transfers_limit",
}
"""The keys of cluster.json."""


def behind(step: Step, change: Property) -> str:
    """The argument, or the arguments, that lie behind a changed property of one of our objects."""
    if not step.is_ours and not (step.is_patch and step.kind == "PersistentVolumeClaim"):
        return ""
    if step.kind == "ConfigMap" and change.path[-1] == "cluster.json":
        return ", ".join(dict.fromkeys(_declared(change)))
    if step.kind == "StatefulSet" and pattern(change.path).endswith("configMap.name"):
        return "my_cnf" if "-config-" in str(change.new) else ""
    if step.kind == "Secret" and change.path[0] in ("data", "stringData"):
        return "users"
    where = pattern(change.path)
    return next((name for kind, rule, name in _BEHIND if kind in ("", step.kind) and re.fullmatch(rule, where)), "")


def at_run_time(step: Step, change: Property) -> Reason | None:
    """What the agents apply without a restart."""
    if change.path[0] not in ("data", "stringData", "binaryData"):
        return None
    if step.kind == "Secret":
        why = f"{_APPLIED} No pod restarts. Clients that keep a password must read the Secret again."
        return Reason(Effect.RUN_TIME, why)
    if step.kind == "ConfigMap" and change.path[-1] == "cluster.json":
        return Reason(Effect.RUN_TIME, f"{_APPLIED} No pod restarts.")
    return None


def of_content(renewal: Renewal) -> str:
    return "my_cnf" if renewal.new.is_ours and renewal.base.endswith("-config") else ""


def _declared(change: Property) -> list[str]:
    try:
        old, new = (cast("dict[str, Any]", json.loads(str(value))) for value in (change.old, change.new))
    except ValueError:
        return []
    return [name for key, name in _DECLARED.items() if old.get(key) != new.get(key)]
