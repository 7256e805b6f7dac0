"""The pods that back up: the program, a throw-away mysqld beside it where data is copied, and rclone for S3."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    HTTPGetActionArgs,
    PodAffinityArgs,
    PodAffinityTermArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from .. import labels
from ..args import S3, Backup, MySQLClusterArgs, Volume
from ..names import AGENT_PORT, Names
from . import backup_volumes as volumes
from . import scheduling
from .backup_rclone import rclone
from .containers import HARDENED
from .pod import MYSQL_USER
from .volumes import API_TOKEN_MOUNT, api_token

_PULL_POLICY = "IfNotPresent"
SCRATCH_MEMORY = "1Gi"
"""What a throw-away server takes, its buffer pool of 256 MiB included."""
SCRATCH_MEMORY_LIMIT = "1536Mi"
"""MySQL holds an event that it applies several times: one of 80 MiB, in a transaction of 2 GiB, led to 1021 MiB."""


def template(
    args: MySQLClusterArgs,
    names: Names,
    task: str,
    where: S3 | Volume,
    containers: Sequence[ContainerArgs],
    sidecars: Sequence[ContainerArgs],
    mounted: Sequence[VolumeArgs],
    service_account: str | None = None,
) -> PodTemplateSpecArgs:
    """A pod for ``task``; ``mounted`` are its volumes beside the target's."""
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=labels.backup(args, names, task), annotations={**args.annotations} or None),
        spec=PodSpecArgs(
            service_account_name=service_account,
            automount_service_account_token=False,
            enable_service_links=False,
            restart_policy="Always" if task == "keeper" else "Never",
            termination_grace_period_seconds=60,
            security_context=PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=MYSQL_USER,
                run_as_group=MYSQL_USER,
                fs_group=MYSQL_USER,
                fs_group_change_policy="OnRootMismatch",
                seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
            ),
            init_containers=[*sidecars, *rclone(where)],
            containers=list(containers),
            volumes=[*mounted, *_target(names, task, where)],
            affinity=_beside_the_keeper(names, task, where),
            node_selector={**args.scheduling.node_selector} or None,
            tolerations=scheduling.tolerations(args),
            priority_class_name=args.scheduling.priority_class,
        ),
    )


def keeper(args: MySQLClusterArgs, names: Names, backup: Backup, program: str) -> PodTemplateSpecArgs:
    """The pod that archives binary logs, and in which backups are listed."""
    probe = HTTPGetActionArgs(path="/livez", port=AGENT_PORT, scheme="HTTPS")
    port = ContainerPortArgs(name="agent", container_port=AGENT_PORT, protocol="TCP")
    mounts = [*volumes.KEEPER_MOUNTS, API_TOKEN_MOUNT]
    container = _program(args, backup, "archive", _with_target(mounts, backup.target))
    container.ports = [port]
    container.liveness_probe = ProbeArgs(http_get=probe, period_seconds=20, timeout_seconds=5, failure_threshold=6)
    mounted = [
        volumes.program(program),
        volumes.tls(args, names),
        volumes.passwords(names),
        volumes.spool(args.storage.size),
        VolumeArgs(name="api-token", projected=api_token()),
    ]
    return template(args, names, "keeper", backup.target, [container], [], mounted, names.backup)


def job(args: MySQLClusterArgs, names: Names, backup: Backup, command: str, program: str) -> PodTemplateSpecArgs:
    """A pod on a volume of its own. ``command``: base or drill."""
    container = _program(args, backup, command, _with_target(volumes.JOB_MOUNTS, backup.target))
    mounted = [
        volumes.program(program),
        volumes.tls(args, names),
        volumes.passwords(names),
        volumes.spool(args.storage.size),
        volumes.scratch(args, backup),
        *volumes.of_mysqld(args, names),
    ]
    return template(args, names, command, backup.target, [container], [_scratch_mysqld(args)], mounted)


def restore(args: MySQLClusterArgs, names: Names, where: S3 | Volume, program: str) -> PodTemplateSpecArgs:
    """A pod on the primary's volume."""
    backup = args.backup or Backup(target=where)
    container = _program(args, backup, "restore", _with_target(volumes.RESTORE_MOUNTS, where))
    mounted = [
        volumes.program(program),
        volumes.tls(args, names),
        volumes.spool(args.storage.size),
        volumes.claim(names.claim(0)),
        *volumes.of_mysqld(args, names),
    ]
    return template(args, names, "restore", where, [container], [_scratch_mysqld(args)], mounted)


def _program(args: MySQLClusterArgs, backup: Backup, command: str, mounts: list[VolumeMountArgs]) -> ContainerArgs:
    return ContainerArgs(
        name="backup",
        image=args.agent.image,
        image_pull_policy=_PULL_POLICY,
        command=["python3", "/etc/mysql-k8s-backup/backup.zip", command],
        env=[
            EnvVarArgs(name="PYTHONDONTWRITEBYTECODE", value="1"),
            EnvVarArgs(name="PYTHONUNBUFFERED", value="1"),
        ],
        resources=ResourceRequirementsArgs(
            requests={"cpu": backup.cpu, "memory": backup.memory}, limits={"memory": backup.memory_limit}
        ),
        security_context=HARDENED,
        volume_mounts=mounts,
    )


def _scratch_mysqld(args: MySQLClusterArgs) -> ContainerArgs:
    """A native sidecar: it starts before the program, and the kubelet ends it after the program."""
    return ContainerArgs(
        name="mysqld",
        image=args.engine.image_reference,
        image_pull_policy=_PULL_POLICY,
        restart_policy="Always",
        command=["sh", "/etc/mysql-k8s-backup/scratch.sh"],
        resources=ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": SCRATCH_MEMORY}, limits={"memory": SCRATCH_MEMORY_LIMIT}
        ),
        security_context=HARDENED,
        volume_mounts=volumes.MYSQLD_MOUNTS,
    )


def _with_target(mounts: Sequence[VolumeMountArgs], where: S3 | Volume) -> list[VolumeMountArgs]:
    """Where rclone is between, the program does not see the volume."""
    plain = where.kind == "volume" and not where.encryption_secret_name
    return [*mounts, *([volumes.TARGET] if plain else [])]


def makes_claim(where: S3 | Volume) -> bool:
    """Whether the target is a claim that the keeper's StatefulSet makes, and adds to its pod by itself."""
    return where.kind == "volume" and not where.claim and not where.nfs_server


def _target(names: Names, task: str, where: S3 | Volume) -> list[VolumeArgs]:
    return [] if task == "keeper" and makes_claim(where) else volumes.target(where, names)


def _beside_the_keeper(names: Names, task: str, where: S3 | Volume) -> AffinityArgs | None:
    """A claim that is ReadWriteOnce is mounted on one node: that of the pod that always mounts it."""
    one_node = where.kind == "volume" and not where.nfs_server and where.access_mode == "ReadWriteOnce"
    if task not in ("base", "drill") or not one_node:
        return None
    keeper = {**labels.backup_selector(names), "app.kubernetes.io/component": "keeper"}
    term = PodAffinityTermArgs(
        topology_key="kubernetes.io/hostname", label_selector=LabelSelectorArgs(match_labels=keeper)
    )
    return AffinityArgs(pod_affinity=PodAffinityArgs(required_during_scheduling_ignored_during_execution=[term]))
