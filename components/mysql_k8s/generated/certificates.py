"""The cluster's CA and its server certificate as Pulumi resources.

Certificates are made in the provider's process: only there is ``x509`` imported, as ``cryptography`` is large.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class AuthorityProvider(ResourceProvider):
    """Makes a CA once. It is never renewed by itself, as clients hold on to its certificate."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        from . import x509

        pair = x509.certificate_authority(props["common_name"], _now())
        return CreateResult(secrets.token_hex(8), {**_stored(props, "common_name"), **pair._asdict()})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=False)


class ServerProvider(ResourceProvider):
    """Issues a certificate, and again when its names, its CA or its validity change, or its last third has begun."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(secrets.token_hex(8), _issue(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_issue(_news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        from . import x509

        changed = any(_olds.get(key) != _news.get(key) for key in _DECIDING)
        return DiffResult(changes=changed or x509.in_last_third(_olds["certificate"], _now()))


_DECIDING = ("names", "validity_days", "ca_certificate")


class CertificateAuthority(Resource, module="mysql-k8s", name="CertificateAuthority"):
    """A CA of the cluster's own. Its key stays in the stack's state, as a secret, and nowhere else."""

    certificate: pulumi.Output[str]
    private_key: pulumi.Output[str]

    def __init__(self, name: str, common_name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        props: dict[str, Any] = {"common_name": common_name, "certificate": None, "private_key": None}
        super().__init__(AuthorityProvider(), name, props, pulumi.ResourceOptions.merge(opts, secret))


class ServerCertificate(Resource, module="mysql-k8s", name="ServerCertificate"):
    """The certificate that all members of a cluster share."""

    certificate: pulumi.Output[str]
    private_key: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        authority: CertificateAuthority,
        names: Sequence[str],
        validity_days: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        props: dict[str, Any] = {
            "ca_certificate": authority.certificate,
            "ca_private_key": authority.private_key,
            "names": list(names),
            "validity_days": validity_days,
            "certificate": None,
            "private_key": None,
        }
        super().__init__(ServerProvider(), name, props, pulumi.ResourceOptions.merge(opts, secret))


def _issue(props: dict[str, Any]) -> dict[str, Any]:
    from . import x509

    authority = x509.KeyPair(props["ca_certificate"], props["ca_private_key"])
    validity = dt.timedelta(days=props["validity_days"])
    pair = x509.server_certificate(authority, props["names"], validity, _now())
    return {**_stored(props, *_DECIDING), **pair._asdict()}


def _stored(props: dict[str, Any], *keys: str) -> dict[str, Any]:
    """What later diffs compare with; never the CA's key."""
    return {key: props[key] for key in keys}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
