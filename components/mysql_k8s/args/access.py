"""Databases, users and TLS."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pulumi
from pydantic import AfterValidator, Field

from .base import Arguments, DnsSubdomain

_SYSTEM_DATABASES = frozenset({"mysql", "information_schema", "performance_schema", "sys", "ndbinfo"})
_SYSTEM_USERS = frozenset({"root", "admin", "event_scheduler"})
_SYSTEM_USER_PREFIXES = ("mysql.", "mysql_", "mysql-")

LONGEST_USER = 32
"""MySQL manual, "Account Names"."""

LONGEST_DATABASE = 64
"""MySQL manual, "Identifier Length Limits"."""


def _database_name(name: str) -> str:
    if not re.fullmatch(rf"[A-Za-z][A-Za-z0-9_-]{{0,{LONGEST_DATABASE - 1}}}", name):
        raise ValueError(f"must be up to {LONGEST_DATABASE} letters, digits, '_' and '-', with a letter first")
    if name.lower() in _SYSTEM_DATABASES:
        raise ValueError("is one of MySQL's own databases; choose another name")
    return name


def _user_name(name: str) -> str:
    if name.lower() in _SYSTEM_USERS or name.lower().startswith(_SYSTEM_USER_PREFIXES):
        raise ValueError("is reserved for MySQL or for the cluster's own accounts; choose another name")
    if len(name) > LONGEST_USER or not re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", name):
        raise ValueError(
            f"must be up to {LONGEST_USER} lower-case letters and digits, with single '_' or '-' between them and a "
            "letter first: a Secret is named after it"
        )
    return name


def _usable_password(password: str) -> str:
    if not 8 <= len(password) <= 128 or not password.isprintable():
        raise ValueError("must have 8 to 128 printable characters; leave it out to have one generated")
    return password


Privilege = Literal[
    "ALL",
    "ALTER",
    "ALTER ROUTINE",
    "CREATE",
    "CREATE ROUTINE",
    "CREATE TEMPORARY TABLES",
    "CREATE VIEW",
    "DELETE",
    "DROP",
    "EVENT",
    "EXECUTE",
    "INDEX",
    "INSERT",
    "LOCK TABLES",
    "REFERENCES",
    "SELECT",
    "SHOW VIEW",
    "TRIGGER",
    "UPDATE",
]
"""MySQL's privileges on a database. Global ones are left out: with some of them a user could write to a replica."""

DatabaseName = Annotated[str, AfterValidator(_database_name)]


class User(Arguments):
    """An account that the cluster makes, and a Secret with its ready connection URLs."""

    name: Annotated[str, AfterValidator(_user_name)]
    """The account's name; it may log in from any host, over TLS."""

    databases: Annotated[tuple[DatabaseName, ...], Field(min_length=1)] = ("app",)
    """What it may use; each must be among the cluster's ``databases``. The first one goes into the URLs."""

    privileges: Annotated[tuple[Privilege, ...], Field(min_length=1)] = ("ALL",)
    """What it may do on each of its databases."""

    password: Annotated[str, AfterValidator(_usable_password)] | pulumi.Output[str] | None = None
    """Generated unless given. A given one is kept as a secret."""


class TLS(Arguments):
    """Certificates for members and clients; every connection over the network uses TLS."""

    secret_name: DnsSubdomain | None = None
    """A Secret in the same namespace with ``ca.crt``, ``tls.crt`` and ``tls.key`` in PEM, whose certificate covers
    ``Names.certificate_names``. Without it, a CA of the cluster's own is made once."""

    validity_days: Annotated[int, Field(strict=True, ge=30, le=3650)] = 1095
    """Of the generated server certificate. It is renewed by the first ``pulumi up`` in the last third of this time."""
