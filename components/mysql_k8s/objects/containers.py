"""The two containers of a member: mysqld, and the agent beside it."""

from __future__ import annotations

import math

from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    ExecActionArgs,
    HTTPGetActionArgs,
    LifecycleArgs,
    LifecycleHandlerArgs,
    ObjectFieldSelectorArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SecurityContextArgs,
)

from ..args import MySQLClusterArgs
from ..names import AGENT_PORT, PORT
from .volumes import AGENT_MOUNTS, MYSQLD_MOUNTS

_PULL_POLICY = "IfNotPresent"
_ALIVE = ExecActionArgs(command=["sh", "/etc/mysql-k8s/alive.sh"])
_PROBE_SECONDS = 2
_PRESTOP_MARGIN_SECONDS = 10
"""The agent ends its wait by itself; the script gives up only after an agent that does not answer."""

HARDENED = SecurityContextArgs(
    allow_privilege_escalation=False,
    capabilities=CapabilitiesArgs(drop=["ALL"]),
    privileged=False,
    read_only_root_filesystem=True,
    run_as_non_root=True,
)
"""The restricted Pod Security Standard, and a root file system that nobody can write to."""


def mysqld(args: MySQLClusterArgs) -> ContainerArgs:
    """The stock server image. Its probes know nothing of replication, except readiness, which the agent answers."""
    resources = args.resources
    cpu_limit = {"cpu": resources.cpu_limit} if resources.cpu_limit else {}
    patience = args.timeouts.stop_wait_seconds + _PRESTOP_MARGIN_SECONDS
    return ContainerArgs(
        name="mysqld",
        image=args.engine.image_reference,
        image_pull_policy=_PULL_POLICY,
        command=["sh", "/etc/mysql-k8s/run.sh"],
        env=[_from_field("POD_NAME", "metadata.name"), _from_field("POD_NAMESPACE", "metadata.namespace")],
        ports=[ContainerPortArgs(name="mysql", container_port=PORT, protocol="TCP")],
        resources=ResourceRequirementsArgs(
            requests={"cpu": resources.cpu, "memory": resources.memory},
            limits={"memory": resources.memory, **cpu_limit},
        ),
        startup_probe=ProbeArgs(
            exec_=_ALIVE,
            period_seconds=_PROBE_SECONDS,
            timeout_seconds=10,
            failure_threshold=math.ceil(args.timeouts.startup_seconds / _PROBE_SECONDS),
        ),
        liveness_probe=ProbeArgs(exec_=_ALIVE, period_seconds=10, timeout_seconds=10, failure_threshold=6),
        readiness_probe=ProbeArgs(
            http_get=_agent_says("/readyz"), period_seconds=_PROBE_SECONDS, timeout_seconds=2, failure_threshold=2
        ),
        lifecycle=LifecycleArgs(
            pre_stop=LifecycleHandlerArgs(
                exec_=ExecActionArgs(command=["sh", "/etc/mysql-k8s/prestop.sh", str(patience)])
            )
        ),
        security_context=HARDENED,
        volume_mounts=MYSQLD_MOUNTS,
    )


def agent(args: MySQLClusterArgs) -> ContainerArgs:
    """A native sidecar: it starts before mysqld and ends after it."""
    return ContainerArgs(
        name="agent",
        image=args.agent.image,
        image_pull_policy=_PULL_POLICY,
        restart_policy="Always",
        command=["python3", "/opt/mysql-k8s/agent.zip", "run"],
        env=[
            _from_field("POD_NAME", "metadata.name"),
            _from_field("POD_NAMESPACE", "metadata.namespace"),
            _from_field("POD_UID", "metadata.uid"),
            EnvVarArgs(name="PYTHONDONTWRITEBYTECODE", value="1"),
            EnvVarArgs(name="PYTHONUNBUFFERED", value="1"),
        ],
        ports=[ContainerPortArgs(name="agent", container_port=AGENT_PORT, protocol="TCP")],
        resources=ResourceRequirementsArgs(
            requests={"cpu": args.agent.cpu, "memory": args.agent.memory},
            limits={"memory": args.agent.memory_limit},
        ),
        liveness_probe=ProbeArgs(
            http_get=_agent_says("/livez"),
            initial_delay_seconds=10,
            period_seconds=10,
            timeout_seconds=5,
            failure_threshold=6,
        ),
        security_context=HARDENED,
        volume_mounts=AGENT_MOUNTS,
    )


def _agent_says(path: str) -> HTTPGetActionArgs:
    return HTTPGetActionArgs(path=path, port=AGENT_PORT, scheme="HTTPS")


def _from_field(name: str, path: str) -> EnvVarArgs:
    field = ObjectFieldSelectorArgs(api_version="v1", field_path=path)
    return EnvVarArgs(name=name, value_from=EnvVarSourceArgs(field_ref=field))
