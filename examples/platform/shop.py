"""The shop: an application with two databases, one in its own namespace and one in another."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.networking import v1 as networking

SCRIPT = Path(__file__).with_name("shop.sh").read_text()
LABELS = {"app.kubernetes.io/name": "shop"}
MYSQL_USER = 999  # of the image, which has the client that the shop uses


@dataclass(frozen=True)
class Orders:
    """A database in the shop's namespace: its pods can mount the Secret that the cluster made."""

    secret_name: pulumi.Input[str]
    read_host: pulumi.Input[str]


@dataclass(frozen=True)
class AuditLog:
    """A database in another namespace, whose Secrets no pod can mount from here: the shop gets one of its own."""

    host: pulumi.Input[str]
    password: pulumi.Output[str]
    ca_certificate: pulumi.Input[str]


class Shop(pulumi.ComponentResource):
    """One pod that sells; ready once it has sold."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        image: str,
        orders: Orders,
        audit: AuditLog,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("platform:index:Shop", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        credentials = core.Secret(
            f"{name}-audit",
            metadata=meta.ObjectMetaArgs(name=f"{name}-audit", namespace=namespace),
            string_data={
                "username": "shop",
                "password": audit.password,
                "host": audit.host,
                "database": "audit",
                "ca.crt": audit.ca_certificate,
            },
            opts=child,
        )
        # Immutable and named by Pulumi: another script is another ConfigMap, and so a new pod.
        script = core.ConfigMap(
            f"{name}-script",
            metadata=meta.ObjectMetaArgs(namespace=namespace),
            data={"shop.sh": SCRIPT},
            immutable=True,
            opts=child,
        )
        volumes = [
            core.VolumeArgs(name="script", config_map=core.ConfigMapVolumeSourceArgs(name=script.metadata.name)),
            core.VolumeArgs(name="run", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit="1Mi")),
            _mounted("orders", orders.secret_name),
            _mounted("audit", credentials.metadata.name),
        ]
        networking.NetworkPolicy(
            name,
            metadata=meta.ObjectMetaArgs(name=name, namespace=namespace),
            # Nobody connects to the shop.
            spec=networking.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=LABELS), policy_types=["Ingress"]
            ),
            opts=child,
        )
        apps.Deployment(
            name,
            metadata=meta.ObjectMetaArgs(name=name, namespace=namespace, labels=LABELS),
            spec=apps.DeploymentSpecArgs(
                selector=meta.LabelSelectorArgs(match_labels=LABELS),
                template=_pod(_container(image, orders.read_host), volumes),
            ),
            opts=child,
        )
        self.register_outputs({})


def _mounted(name: str, secret: pulumi.Input[str]) -> core.VolumeArgs:
    return core.VolumeArgs(name=name, secret=core.SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440))


def _pod(container: core.ContainerArgs, volumes: list[core.VolumeArgs]) -> core.PodTemplateSpecArgs:
    """As the restricted Pod Security Standard wants it."""
    return core.PodTemplateSpecArgs(
        metadata=meta.ObjectMetaArgs(labels=LABELS),
        spec=core.PodSpecArgs(
            automount_service_account_token=False,
            security_context=core.PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=MYSQL_USER,
                run_as_group=MYSQL_USER,
                fs_group=MYSQL_USER,
                seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
            ),
            containers=[container],
            volumes=volumes,
        ),
    )


def _container(image: str, read_host: pulumi.Input[str]) -> core.ContainerArgs:
    return core.ContainerArgs(
        name="shop",
        image=image,
        command=["sh", "/opt/shop/shop.sh"],
        env=[core.EnvVarArgs(name="READ_HOST", value=read_host)],
        resources=core.ResourceRequirementsArgs(requests={"cpu": "20m", "memory": "64Mi"}, limits={"memory": "64Mi"}),
        startup_probe=core.ProbeArgs(
            exec_=_recent("tried", 60), period_seconds=2, timeout_seconds=5, failure_threshold=90
        ),
        readiness_probe=core.ProbeArgs(exec_=_recent("sold", 15), period_seconds=2, timeout_seconds=5),
        liveness_probe=core.ProbeArgs(exec_=_recent("tried", 60), period_seconds=10, timeout_seconds=5),
        security_context=core.SecurityContextArgs(
            allow_privilege_escalation=False,
            capabilities=core.CapabilitiesArgs(drop=["ALL"]),
            privileged=False,
            read_only_root_filesystem=True,
            run_as_non_root=True,
        ),
        volume_mounts=[
            core.VolumeMountArgs(name="run", mount_path="/run/shop"),
            core.VolumeMountArgs(name="script", mount_path="/opt/shop", read_only=True),
            core.VolumeMountArgs(name="orders", mount_path="/etc/orders", read_only=True),
            core.VolumeMountArgs(name="audit", mount_path="/etc/audit", read_only=True),
        ],
    )


def _recent(note: str, seconds: int) -> core.ExecActionArgs:
    """Passes if the script noted the time in a file not long ago."""
    return core.ExecActionArgs(command=["sh", "-c", f'[ "$(($(date +%s) - $(cat /run/shop/{note})))" -lt {seconds} ]'])
