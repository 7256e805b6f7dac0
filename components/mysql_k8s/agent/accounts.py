"""The accounts that a member must have, and the statements that make them.

Internal accounts are facts of a member and never in the binary log; declared users are part of the data and always are.
"""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

import pymysql

from .mysqld import Mysqld
from .settings import MYSQL_PORT, SECRETS_FOLDER, TLS_FOLDER, DeclaredUser, Settings

REPLICATION = "mysql_k8s_replication"
CLONE = "mysql_k8s_clone"
ADMIN = "admin"
ACCESS_DENIED = frozenset({1045, 1130})
"""ER_ACCESS_DENIED_ERROR; ER_HOST_NOT_PRIVILEGED, where no account at all may come over the network yet."""
LOOPBACK = "127.0.0.1"

IDENTITY_TABLE = (
    "CREATE SCHEMA IF NOT EXISTS mysql_k8s",
    "CREATE TABLE IF NOT EXISTS mysql_k8s.cluster ("
    " id TINYINT PRIMARY KEY, primary_uuid CHAR(36) NOT NULL, declared CHAR(64) NOT NULL DEFAULT '')",
)


@dataclass(frozen=True)
class Account:
    """An internal account and the grants it needs; ``secret`` is the file of its password among the mounted Secrets."""

    user: str
    secret: str
    grants: tuple[str, ...]


def password(secret: str) -> str:
    """The password in a mounted Secret. Raises OSError if it is not there."""
    return (SECRETS_FOLDER / secret).read_text(encoding="utf-8").strip("\n")


def user_secret(user: DeclaredUser) -> str:
    return f"user-{user.name}"


def declared_digest(settings: Settings) -> str:
    """Changes whenever the declared databases, users or privileges do; never depends on a password."""
    declared = [list(settings.databases), [[u.name, u.databases, u.privileges] for u in settings.users]]
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()


def accepts(user: str, secret: str) -> bool | None:
    """Whether mysqld accepts the account's mounted password; None if that cannot be told now."""
    context = ssl.create_default_context(cafile=str(TLS_FOLDER / "ca.crt"))
    context.check_hostname = False  # this is the loopback address of the member itself
    try:
        pymysql.connect(
            host=LOOPBACK, port=MYSQL_PORT, user=user, password=password(secret), ssl=context, connect_timeout=3
        ).close()
    except pymysql.MySQLError as error:
        return False if error.args[0] in ACCESS_DENIED else None
    return True


def align_internal(mysqld: Mysqld, internal: Iterable[Account]) -> None:
    """Make the internal accounts accept the mounted passwords, on this member only."""
    mysqld.run("SET SESSION sql_log_bin = 0")
    try:
        for account in internal:
            set_account(mysqld, account.user, password(account.secret))
            mysqld.run(*(grant.format(quoted(account.user)) for grant in account.grants))
    finally:
        mysqld.run("SET SESSION sql_log_bin = 1")


def record_primary(mysqld: Mysqld, own_identity: str) -> None:
    """Write into the data which server is the primary. ``own_identity``: what this one is called, as SQL."""
    mysqld.run(
        *IDENTITY_TABLE,
        f"INSERT INTO mysql_k8s.cluster (id, primary_uuid) VALUES (1, {own_identity})"
        f" ON DUPLICATE KEY UPDATE primary_uuid = {own_identity}",
    )


def declare(mysqld: Mysqld, settings: Settings) -> None:
    """Make the declared databases and users. Nothing is ever dropped."""
    for database in settings.databases:
        mysqld.run(f"CREATE DATABASE IF NOT EXISTS {identifier(database)}")
    for user in settings.users:
        set_account(mysqld, user.name, password(user_secret(user)))
        grant_declared(mysqld, user)
    mysqld.rows("UPDATE mysql_k8s.cluster SET declared = %s WHERE id = 1", (declared_digest(settings),))


def renew_passwords(mysqld: Mysqld, settings: Settings) -> None:
    """Give the declared users their mounted passwords; everything else stays as it is."""
    for user in settings.users:
        if accepts(user.name, user_secret(user)) is False:
            set_account(mysqld, user.name, password(user_secret(user)))


def grant_declared(mysqld: Mysqld, user: DeclaredUser) -> None:
    mysqld.run(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {quoted(user.name)}")
    for database in user.databases:
        pattern = identifier(database.replace("_", "\\_").replace("%", "\\%"))
        mysqld.run(f"GRANT {', '.join(user.privileges)} ON {pattern}.* TO {quoted(user.name)}")


def set_account(mysqld: Mysqld, user: str, secret: str) -> None:
    account = quoted(user).replace("%", "%%")  # the driver formats a statement that has values
    mysqld.rows(f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY %s REQUIRE SSL", (secret,))
    mysqld.rows(f"ALTER USER {account} IDENTIFIED BY %s REQUIRE SSL ACCOUNT UNLOCK", (secret,))


def quoted(user: str) -> str:
    escaped = user.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'@'%'"


def identifier(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
