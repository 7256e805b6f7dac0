"""Secrets: the cluster's own passwords, its certificates, and one per user with ready connection URLs."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pulumi
from pulumi_kubernetes.core.v1 import SecretInitArgs

from ..args import MySQLClusterArgs, User
from ..names import PORT, ROUTER_PORT, ROUTER_READ_PORT, Names
from .metadata import object_meta

INTERNAL_ACCOUNTS = ("replication", "clone", "admin")
"""Keys of the internal Secret. The agents make an account for each of them on every member."""

USER_KEY = "user-{}"
"""Keys of the internal Secret for the declared users: in the one Secret that is mounted, a new user restarts no pod."""

CA_CERTIFICATE, CERTIFICATE, PRIVATE_KEY = "ca.crt", "tls.crt", "tls.key"
TLS_KEYS = (CA_CERTIFICATE, CERTIFICATE, PRIVATE_KEY)


def internal(args: MySQLClusterArgs, names: Names, passwords: dict[str, pulumi.Output[str]]) -> SecretInitArgs:
    """All passwords that the agents need: by internal account, and by ``USER_KEY`` of each declared user."""
    return SecretInitArgs(
        metadata=object_meta(args, names, names.internal_secret),
        type="Opaque",
        string_data=dict(passwords),
    )


def tls(
    args: MySQLClusterArgs,
    names: Names,
    ca_certificate: pulumi.Output[str],
    certificate: pulumi.Output[str],
    private_key: pulumi.Output[str],
) -> SecretInitArgs:
    """Certificates and key in PEM. Of type Opaque, as ``kubernetes.io/tls`` may not change its type back later."""
    return SecretInitArgs(
        metadata=object_meta(args, names, names.tls_secret),
        type="Opaque",
        string_data={CA_CERTIFICATE: ca_certificate, CERTIFICATE: certificate, PRIVATE_KEY: private_key},
    )


def user(
    args: MySQLClusterArgs,
    names: Names,
    account: User,
    password: pulumi.Output[str],
    ca_certificate: pulumi.Output[str],
) -> SecretInitArgs:
    """All that an application needs to connect as ``account``."""
    database = account.databases[0]

    def url(host: str, port: int) -> pulumi.Output[str]:
        return password.apply(lambda text: f"mysql://{account.name}:{quote(text, safe='')}@{host}:{port}/{database}")

    return SecretInitArgs(
        metadata=object_meta(args, names, names.user_secret(account.name)),
        type="Opaque",
        string_data={
            "username": account.name,
            "password": password,
            "host": names.primary_host,
            "port": str(PORT),
            "database": database,
            "url": url(names.primary_host, PORT),
            "read_url": url(names.read_host, PORT),
            CA_CERTIFICATE: ca_certificate,
            **(_through_the_router(names, url) if args.router else {}),
        },
    )


def _through_the_router(names: Names, url: Callable[[str, int], pulumi.Output[str]]) -> dict[str, pulumi.Input[str]]:
    """The same for clients that want one address."""
    return {
        "router_host": names.router_host,
        "router_port": str(ROUTER_PORT),
        "router_read_port": str(ROUTER_READ_PORT),
        "router_url": url(names.router_host, ROUTER_PORT),
        "router_read_url": url(names.router_host, ROUTER_READ_PORT),
    }
