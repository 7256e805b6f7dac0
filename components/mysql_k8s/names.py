"""Every physical name and DNS address of a cluster, in one place. Pure.

Pods, claims and clients depend on these names, and Pulumi replaces an object whose name changes: they are for life.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from .args.base import Arguments

LONGEST_NAME = 40
"""Leaves room for the suffixes of Services (63 characters in all) and for the pods' label
``controller-revision-hash``: the StatefulSet's name and 11 characters more (kubernetes/kubernetes#64023)."""

PORT = 3306
AGENT_PORT = 8443
ROUTER_PORT = 6446
ROUTER_READ_PORT = 6447
"""The Router's own numbers for writes and reads."""


def _cluster_name(name: str) -> str:
    if not re.fullmatch(rf"[a-z]([-a-z0-9]{{0,{LONGEST_NAME - 2}}}[a-z0-9])?", name):
        raise ValueError(
            f"must be up to {LONGEST_NAME} lower-case letters, digits and '-', with a letter first and no '-' last, as "
            "Services and pods are named after it"
        )
    return name


class _Checked(Arguments):
    name: Annotated[str, AfterValidator(_cluster_name)]


@dataclass(frozen=True)
class Names:
    """The names of one cluster; make it with ``Names.of``."""

    cluster: str
    namespace: str

    @staticmethod
    def of(cluster: str, namespace: str) -> Names:
        """Raises pydantic.ValidationError if Kubernetes would refuse a name made from ``cluster``."""
        return Names(_Checked(name=cluster).name, namespace)

    # Objects that share the cluster's name, as there is one of each kind.

    @property
    def stateful_set(self) -> str:
        return self.cluster

    @property
    def headless_service(self) -> str:
        return self.cluster

    @property
    def service_account(self) -> str:
        return self.cluster

    @property
    def role(self) -> str:
        return self.cluster

    @property
    def network_policy(self) -> str:
        return self.cluster

    @property
    def disruption_budget(self) -> str:
        return self.cluster

    # Services for clients.

    @property
    def primary_service(self) -> str:
        return f"{self.cluster}-primary"

    @property
    def replicas_service(self) -> str:
        return f"{self.cluster}-replicas"

    @property
    def read_service(self) -> str:
        return f"{self.cluster}-read"

    @property
    def primary_host(self) -> str:
        return self._host(self.primary_service)

    @property
    def replicas_host(self) -> str:
        return self._host(self.replicas_service)

    @property
    def read_host(self) -> str:
        return self._host(self.read_service)

    # MySQL Router.

    @property
    def router(self) -> str:
        """Its Deployment, Service, ServiceAccount, network policy and disruption budget."""
        return f"{self.cluster}-router"

    @property
    def router_host(self) -> str:
        return self._host(self.router)

    def router_config_map(self, digest: str) -> str:
        return f"{self.router}-{digest}"

    # Content. A digest in the name makes every version an object of its own; the others change in place.

    def config_map(self, digest: str) -> str:
        return f"{self.cluster}-config-{digest}"

    def agent_config_map(self, digest: str) -> str:
        return f"{self.cluster}-agent-{digest}"

    @property
    def cluster_config_map(self) -> str:
        """No digest: what it declares is applied at run time, so the pods must not depend on its content."""
        return f"{self.cluster}-cluster"

    @property
    def internal_secret(self) -> str:
        return f"{self.cluster}-internal"

    @property
    def tls_secret(self) -> str:
        return f"{self.cluster}-tls"

    def user_secret(self, user: str) -> str:
        return f"{self.cluster}-user-{user.replace('_', '-')}"

    # Backups.

    @property
    def backup(self) -> str:
        """What keeps the archive, and the CronJob of base backups."""
        return f"{self.cluster}-backup"

    @property
    def drill(self) -> str:
        return f"{self.cluster}-drill"

    @property
    def restore(self) -> str:
        return f"{self.cluster}-restore"

    @property
    def backup_claim(self) -> str:
        """What the StatefulSet `backup` makes for its one pod where no other place is named."""
        return f"target-{self.backup}-0"

    def backup_config_map(self, digest: str) -> str:
        return f"{self.backup}-{digest}"

    def restore_config_map(self, digest: str) -> str:
        return f"{self.restore}-{digest}"

    # Members.

    def pod(self, ordinal: int) -> str:
        return f"{self.stateful_set}-{ordinal}"

    def claim(self, ordinal: int) -> str:
        return f"data-{self.pod(ordinal)}"

    def pod_host(self, ordinal: int) -> str:
        return f"{self.pod(ordinal)}.{self.headless_service}.{self.namespace}.svc"

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """What the server certificate must cover. The wildcard stands for members, so that scaling changes nothing.

        Clients of a Router meet the server's certificate too, under the Router's name.
        """
        services = [self.primary_service, self.replicas_service, self.read_service, self.router]
        hosts = [f"*.{self.headless_service}", self.headless_service, *services]
        spaces = ["", f".{self.namespace}", f".{self.namespace}.svc", f".{self.namespace}.svc.cluster.local"]
        return (*(f"{host}{space}" for host in hosts for space in spaces), "localhost", "127.0.0.1", "::1")

    def _host(self, service: str) -> str:
        return f"{service}.{self.namespace}.svc"
