"""The pod of one MySQL Router."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    ContainerPortArgs,
    ExecActionArgs,
    HTTPGetActionArgs,
    LifecycleArgs,
    LifecycleHandlerArgs,
    PodAffinityTermArgs,
    PodAntiAffinityArgs,
    PodDNSConfigArgs,
    PodDNSConfigOptionArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    TopologySpreadConstraintArgs,
    VolumeArgs,
    VolumeMountArgs,
    WeightedPodAffinityTermArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from .. import labels, router_conf
from ..args import MySQLClusterArgs, Router
from ..names import ROUTER_PORT, ROUTER_READ_PORT, Names
from . import scheduling
from .containers import HARDENED

ROUTER_USER = 999
"""User and group ``mysqlrouter`` of the upstream image."""

_CONFIG_FOLDER = "/etc/mysqlrouter"
_LEAVE_SECONDS = 5
"""Between leaving the Service and stopping: until every node's kube-proxy sends new clients elsewhere."""
_OTHER_FILES = 256
"""Files that a Router has open beside two sockets for each client; measured: fewer than 40."""


def template(args: MySQLClusterArgs, names: Names, router: Router, config: str) -> PodTemplateSpecArgs:
    """``config``: the name of the ConfigMap."""
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=labels.router(args, names), annotations={**args.annotations} or None),
        spec=PodSpecArgs(
            service_account_name=names.router,
            automount_service_account_token=False,
            enable_service_links=False,
            termination_grace_period_seconds=30,
            security_context=PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=ROUTER_USER,
                run_as_group=ROUTER_USER,
                seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
            ),
            # A server of names that does not answer holds up those that are connected: for two seconds at most.
            dns_config=PodDNSConfigArgs(
                options=[
                    PodDNSConfigOptionArgs(name="timeout", value="1"),
                    PodDNSConfigOptionArgs(name="attempts", value="2"),
                ]
            ),
            containers=[_container(args, router)],
            volumes=[VolumeArgs(name="config", config_map=ConfigMapVolumeSourceArgs(name=config, default_mode=0o444))],
            affinity=_apart(names),
            topology_spread_constraints=_zone_spread(args, names),
            node_selector={**args.scheduling.node_selector} or None,
            tolerations=scheduling.tolerations(args),
            priority_class_name=args.scheduling.priority_class,
        ),
    )


def _container(args: MySQLClusterArgs, router: Router) -> ContainerArgs:
    """Probes ask nothing of the servers: while there is no primary, a Router goes on leading reads."""
    health = HTTPGetActionArgs(path=router_conf.HEALTH_PATH, port=router_conf.HEALTH_PORT)
    return ContainerArgs(
        name="router",
        image=router.image_reference(args.engine.version),
        image_pull_policy="IfNotPresent",
        # Its own command: the upstream image's would look for the metadata of an InnoDB Cluster.
        command=["sh", "-c", _start(router)],
        ports=[
            ContainerPortArgs(name="mysql-writes", container_port=ROUTER_PORT, protocol="TCP"),
            ContainerPortArgs(name="mysql-reads", container_port=ROUTER_READ_PORT, protocol="TCP"),
            ContainerPortArgs(name="health", container_port=router_conf.HEALTH_PORT, protocol="TCP"),
        ],
        resources=ResourceRequirementsArgs(
            requests={"cpu": router.cpu, "memory": router.memory}, limits={"memory": router.memory}
        ),
        startup_probe=ProbeArgs(http_get=health, period_seconds=1, timeout_seconds=2, failure_threshold=60),
        readiness_probe=ProbeArgs(http_get=health, period_seconds=2, timeout_seconds=2, failure_threshold=2),
        liveness_probe=ProbeArgs(http_get=health, period_seconds=10, timeout_seconds=5, failure_threshold=6),
        lifecycle=LifecycleArgs(
            pre_stop=LifecycleHandlerArgs(exec_=ExecActionArgs(command=["sleep", str(_LEAVE_SECONDS)]))
        ),
        security_context=HARDENED,
        volume_mounts=[VolumeMountArgs(name="config", mount_path=_CONFIG_FOLDER, read_only=True)],
    )


def _start(router: Router) -> str:
    """A Router does not raise its limit of open files itself, and would take fewer clients than it was told to."""
    files = 2 * router.max_connections + _OTHER_FILES
    return f"ulimit -Sn {files} && exec mysqlrouter --config {_CONFIG_FOLDER}/mysqlrouter.conf"


def _apart(names: Names) -> AffinityArgs:
    """Each on a node of its own where there are enough: never a reason to stay pending."""
    term = PodAffinityTermArgs(topology_key="kubernetes.io/hostname", label_selector=_all(names))
    weighted = WeightedPodAffinityTermArgs(weight=100, pod_affinity_term=term)
    return AffinityArgs(
        pod_anti_affinity=PodAntiAffinityArgs(preferred_during_scheduling_ignored_during_execution=[weighted])
    )


def _zone_spread(args: MySQLClusterArgs, names: Names) -> list[TopologySpreadConstraintArgs] | None:
    return scheduling.zone_spread(args, _all(names))


def _all(names: Names) -> LabelSelectorArgs:
    return LabelSelectorArgs(match_labels=labels.router_selector(names))
