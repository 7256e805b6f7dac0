"""Passwords that nobody has to think of."""

from __future__ import annotations

import secrets
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider

LENGTH = 32
"""Characters out of 64: 192 bits."""


class PasswordProvider(ResourceProvider):
    """Makes a password once; nothing that changes later makes a new one."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(secrets.token_hex(8), {"password": generate()})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=False)


class GeneratedPassword(Resource, module="mysql-k8s", name="GeneratedPassword"):
    """A random password, kept as a secret. To have a new one: ``pulumi up --replace <urn>``."""

    password: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        super().__init__(PasswordProvider(), name, {"password": None}, pulumi.ResourceOptions.merge(opts, secret))


def generate() -> str:
    """URL-safe characters, the first one not ``-``, so that no tool takes it for an option."""
    while (password := secrets.token_urlsafe(LENGTH)[:LENGTH]).startswith("-"):
        pass
    return password
