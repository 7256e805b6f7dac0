"""What a Galera cluster needs in its data: who takes the writes, and the internal accounts.

Every statement reaches all members in the same order, accounts included.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import accounts
from .accounts import Account
from .mysqld import Mysqld

GALERA_TABLE = (
    *accounts.IDENTITY_TABLE,
    "INSERT IGNORE INTO mysql_k8s.cluster (id, primary_uuid) VALUES (1, '')",
    "CREATE TABLE IF NOT EXISTS mysql_k8s.galera (id TINYINT PRIMARY KEY, writer INT)",
    "INSERT IGNORE INTO mysql_k8s.galera (id) VALUES (1)",
)


def record_writer(mysqld: Mysqld, ordinal: int, instead_of: int | None) -> None:
    """Record who takes the writes, if the record is still as it was seen: of two that do so only one succeeds."""
    if instead_of is None:
        mysqld.run(*GALERA_TABLE)
    mysqld.rows("UPDATE mysql_k8s.galera SET writer = %s WHERE id = 1 AND writer <=> %s", (ordinal, instead_of))


def align(mysqld: Mysqld, internal: Iterable[Account]) -> None:
    """Give the internal accounts the mounted passwords, on every member."""
    for account in internal:
        accounts.set_account(mysqld, account.user, accounts.password(account.secret))
        mysqld.run(*(grant.format(accounts.quoted(account.user)) for grant in account.grants))
