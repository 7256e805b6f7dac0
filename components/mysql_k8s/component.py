"""MySQLCluster: which objects there are and how they hang together. What is in them is made by ``objects``."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import cast

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import ConfigMap, PersistentVolumeClaimPatch, Secret, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from .args import MySQLClusterArgs, User
from .generated.certificates import CertificateAuthority, ServerCertificate
from .generated.claim_template import ClaimTemplate
from .generated.password import GeneratedPassword
from .names import PORT, ROUTER_PORT, ROUTER_READ_PORT, Names
from .objects import claims, config_map, disruption_budget, network_policy, role, secrets, services
from .objects.service_account import service_account
from .objects.stateful_set import stateful_set
from .plan import Plan, plan


class MySQLCluster(pulumi.ComponentResource):
    """MySQL on Kubernetes: a standalone server, a primary with replicas, or a group that elects its primary. Members
    provision and heal themselves.

    **Pulumi type:** ``mysql-k8s:index:MySQLCluster``

    ``name`` names every object (``<name>``, ``<name>-primary``, ...) in ``args.namespace``, which must exist. Raises
    pydantic.ValidationError if Kubernetes would refuse a name made from it.
    """

    name: pulumi.Output[str]
    """The cluster's name."""

    namespace: pulumi.Output[str]
    """Where its objects are."""

    primary_host: pulumi.Output[str]
    """Resolves to the member that takes writes."""

    read_host: pulumi.Output[str]
    """Resolves to every ready member, whatever its role."""

    replicas_host: pulumi.Output[str | None]
    """Resolves to the ready replicas; None where there are none."""

    port: pulumi.Output[int]
    """For all three hosts."""

    router_host: pulumi.Output[str | None]
    """Resolves to MySQL Router, the one address for writes and reads; None where there is none."""

    router_port: pulumi.Output[int | None]
    """Leads to the member that takes writes; None where there is no Router."""

    router_read_port: pulumi.Output[int | None]
    """Leads to every ready member, whatever its role; None where there is no Router."""

    secret_names: pulumi.Output[dict[str, str]]
    """By user: the Secret with ``username``, ``password``, ``host``, ``port``, ``database``, ``url``, ``read_url`` and
    ``ca.crt``; with a Router also ``router_host``, ``router_port``, ``router_read_port``, ``router_url`` and
    ``router_read_url``."""

    admin_secret_name: pulumi.Output[str]
    """The Secret whose key ``admin`` is the password of the account ``admin``, which may do everything."""

    ca_certificate: pulumi.Output[str]
    """What clients verify the servers with, in PEM. Not a secret."""

    plan: pulumi.Output[Plan]
    """Members, majority, what a loss costs, durability, sizes."""

    stateful_set: StatefulSet
    """The one object that may be needed for what the arguments do not cover."""

    def __init__(
        self, name: str, args: MySQLClusterArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or MySQLClusterArgs()
        names = Names.of(name, args.namespace)
        super().__init__("mysql-k8s:index:MySQLCluster", name, None, opts)

        before_pods = [
            *self._access(args, names),
            *self._services(args, names),
            *self._config(args, names),
            *self._secrets(args, names),
            ClaimTemplate(f"{names.cluster}-claims", args, opts=self._child()),
        ]
        self._protection(args, names)
        restored = self._restored(args, names, before_pods)
        self.stateful_set = self._members(args, names, [*before_pods, *restored])
        self._backups(args, names, before_pods)
        self._router(args, names, before_pods)
        self._claim_sizes(args, names)
        self._set_outputs(args, names)

    def _access(self, args: MySQLClusterArgs, names: Names) -> list[pulumi.Resource]:
        child = self._child()
        return [
            ServiceAccount(names.service_account, service_account(args, names), opts=child),
            Role(names.role, role.role(args, names), opts=child),
            RoleBinding(names.role, role.binding(args, names), opts=child),
        ]

    def _services(self, args: MySQLClusterArgs, names: Names) -> list[pulumi.Resource]:
        child = self._child()
        made: list[pulumi.Resource] = [
            Service(names.headless_service, services.headless(args, names), opts=child),
            Service(names.primary_service, services.primary(args, names), opts=child),
            Service(names.read_service, services.read(args, names), opts=child),
        ]
        if args.topology.kind != "standalone":
            made.append(Service(names.replicas_service, services.replicas(args, names), opts=child))
        return made

    def _config(self, args: MySQLClusterArgs, names: Names) -> list[pulumi.Resource]:
        """With a digest in the Pulumi name too, a rollback finds the old one, still there, and keeps it."""
        child = self._child()
        return [
            ConfigMap(config_map.config_name(args, names), config_map.config(args, names), opts=child),
            ConfigMap(config_map.agent_name(names), config_map.agent(args, names), opts=child),
            ConfigMap(names.cluster_config_map, config_map.declared(args, names), opts=child),
        ]

    def _secrets(self, args: MySQLClusterArgs, names: Names) -> list[pulumi.Resource]:
        child = self._child()
        internal = {account: self._password(f"{names.cluster}-{account}") for account in secrets.INTERNAL_ACCOUNTS}
        of_users = {user.name: self._user_password(user, names) for user in args.users}
        mounted = internal | {secrets.USER_KEY.format(user): password for user, password in of_users.items()}
        tls = self._tls(args, names)
        for_applications = [
            Secret(
                names.user_secret(user.name),
                secrets.user(args, names, user, of_users[user.name], self.ca_certificate),
                opts=child,
            )
            for user in args.users
        ]
        return [
            Secret(names.internal_secret, secrets.internal(args, names, mounted), opts=child),
            tls,
            *for_applications,
        ]

    def _user_password(self, user: User, names: Names) -> pulumi.Output[str]:
        if user.password is None:
            return self._password(names.user_secret(user.name))
        return pulumi.Output.secret(user.password)

    def _password(self, name: str) -> pulumi.Output[str]:
        return GeneratedPassword(f"{name}-password", opts=self._child()).password

    def _tls(self, args: MySQLClusterArgs, names: Names) -> Secret:
        """The Secret that the pods mount: the user's own, which must exist, or one from a CA that is made once."""
        if args.tls.secret_name:
            given = Secret.get(
                f"{names.cluster}-tls.secret_name",
                f"{names.namespace}/{args.tls.secret_name}",
                opts=self._child(),
            )
            self.ca_certificate = pulumi.Output.unsecret(given.data.apply(_ca_certificate_of))
            return given
        authority = CertificateAuthority(f"{names.cluster}-ca", f"{names.cluster} CA", opts=self._child())
        server = ServerCertificate(
            f"{names.cluster}-certificate",
            authority,
            names.certificate_names,
            args.tls.validity_days,
            opts=self._child(),
        )
        self.ca_certificate = authority.certificate
        return Secret(
            names.tls_secret,
            secrets.tls(args, names, authority.certificate, server.certificate, server.private_key),
            opts=self._child(),
        )

    def _protection(self, args: MySQLClusterArgs, names: Names) -> None:
        NetworkPolicy(names.network_policy, network_policy.network_policy(args, names), opts=self._child())
        if args.topology.kind != "standalone":
            budget = disruption_budget.disruption_budget(args, names)
            PodDisruptionBudget(names.disruption_budget, budget, opts=self._child())

    def _members(self, args: MySQLClusterArgs, names: Names, before: list[pulumi.Resource]) -> StatefulSet:
        """The claim template is for life: what the arguments say of it later, ClaimTemplate accepts or refuses."""
        return StatefulSet(
            names.stateful_set,
            stateful_set(args, names),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=before,
                custom_timeouts=_timeouts(args),
                ignore_changes=["spec.volumeClaimTemplates"],
            ),
        )

    def _restored(self, args: MySQLClusterArgs, names: Names, before: list[pulumi.Resource]) -> list[pulumi.Resource]:
        if not args.restore:
            return []
        from .backup_resources import make_restore  # imported where it is used: most programs have no backups

        return make_restore(self, args, names, args.restore, before)

    def _backups(self, args: MySQLClusterArgs, names: Names, before: list[pulumi.Resource]) -> None:
        if not args.backup:
            return
        from .backup_resources import make_backups  # as above

        make_backups(self, args, names, args.backup, before)

    def _router(self, args: MySQLClusterArgs, names: Names, before: list[pulumi.Resource]) -> None:
        if not args.router:
            return
        from .router_resources import make_router  # as above

        make_router(self, args, names, args.router, before)

    def _claim_sizes(self, args: MySQLClusterArgs, names: Names) -> None:
        """After the StatefulSet has made the claims. Whatever takes a patch out of the stack, its claim stays."""
        for ordinal in range(args.topology.members):
            PersistentVolumeClaimPatch(
                names.claim(ordinal),
                claims.size_patch(args, names, ordinal),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.stateful_set], retain_on_delete=True),
            )

    def _set_outputs(self, args: MySQLClusterArgs, names: Names) -> None:
        replicas = names.replicas_host if args.topology.kind != "standalone" else None
        self.name = pulumi.Output.from_input(names.cluster)
        self.namespace = pulumi.Output.from_input(names.namespace)
        self.primary_host = pulumi.Output.from_input(names.primary_host)
        self.read_host = pulumi.Output.from_input(names.read_host)
        self.replicas_host = pulumi.Output.from_input(replicas)
        self.port = pulumi.Output.from_input(PORT)
        self.router_host = pulumi.Output.from_input(names.router_host if args.router else None)
        self.router_port = pulumi.Output.from_input(ROUTER_PORT if args.router else None)
        self.router_read_port = pulumi.Output.from_input(ROUTER_READ_PORT if args.router else None)
        self.secret_names = pulumi.Output.from_input({user.name: names.user_secret(user.name) for user in args.users})
        self.admin_secret_name = pulumi.Output.from_input(names.internal_secret)
        self.plan = cast(pulumi.Output[Plan], pulumi.Output.from_input(dict(plan(args))))
        outputs = (
            "name",
            "namespace",
            "primary_host",
            "read_host",
            "replicas_host",
            "port",
            "router_host",
            "router_port",
            "router_read_port",
            "secret_names",
            "admin_secret_name",
            "ca_certificate",
            "plan",
        )
        self.register_outputs({output: getattr(self, output) for output in outputs})

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)


def _ca_certificate_of(data: Mapping[str, str]) -> str:
    """The CA certificate in a Secret that the user made. Raises RunError, also at preview, if a key is missing."""
    missing = [key for key in secrets.TLS_KEYS if key not in data]
    if missing:
        raise pulumi.RunError(
            f"tls.secret_name: the Secret lacks {', '.join(missing)}; it needs {', '.join(secrets.TLS_KEYS)}"
        )
    return base64.b64decode(data[secrets.CA_CERTIFICATE]).decode()


def _timeouts(args: MySQLClusterArgs) -> pulumi.CustomTimeouts:
    ready = f"{args.timeouts.ready_seconds}s"
    one_after_the_other = args.topology.members * args.timeouts.stop_seconds + 60
    return pulumi.CustomTimeouts(create=ready, update=ready, delete=f"{one_after_the_other}s")
