"""Remembers which accounts were found in order, so that logging in to try a password is rare."""

from __future__ import annotations

from dataclasses import replace

from . import accounts, mounted
from .engines import engine_of
from .facts import Local
from .identity import read_identity
from .mysqld import Mysqld
from .settings import SECRETS_FOLDER, Settings


class AccountCheck:
    """Adds the facts about accounts to a member's facts.

    They are looked at again when mysqld was restarted, when its data became another's, or when a password changed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._internal = engine_of(settings).accounts
        self._found_in_order: tuple[object, ...] = ()

    def complete(self, mysqld: Mysqld, local: Local, *, declares: bool) -> Local:
        """``declares``: this member is the one that makes the declared databases and users."""
        key = (mysqld.generation, local.report.bootstrapped, mounted.version(SECRETS_FOLDER), declares)
        # Members of a group talk to each other before an empty one has any data.
        needs_none = local.report.empty and not self._settings.in_group
        if needs_none or key == self._found_in_order:
            return local
        internal = all(accounts.accepts(account.user, account.secret) is not False for account in self._internal)
        declared = not declares or self._declared_in_order(mysqld)
        # While everybody is kept out, nothing is proven.
        if internal and declared and not local.offline:
            self._found_in_order = key
        return replace(local, accounts_in_order=internal, declared_in_order=declared)

    def _declared_in_order(self, mysqld: Mysqld) -> bool:
        identity = read_identity(mysqld)
        if identity is None or identity["declared"] != accounts.declared_digest(self._settings):
            return False
        return all(accounts.accepts(u.name, accounts.user_secret(u)) is not False for u in self._settings.users)
