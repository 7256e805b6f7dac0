"""What a stack's configuration says, for the program: refused as a whole where a part of it would be ignored."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from pydantic import ValidationError

from .args import MySQLClusterArgs, explain

_PASSWORD = "password-"
_KEYS = ("name", "cluster", "allowDataLoss")
"""The last one is read by the policy pack and by `make up`, not here."""


def described(config: pulumi.Config) -> tuple[str, MySQLClusterArgs]:
    """The cluster's name and arguments. Raises pulumi.RunError with a line for each problem.

    Passwords are secrets of their own (`pulumi config set --secret password-app ...`): inside a larger object they
    would be read as plain text. A user without one gets a generated one.
    """
    wanted: Any = config.get_object("cluster") or {}
    found = list(_passwords_in(wanted, config.name))
    if not found:
        try:
            args = MySQLClusterArgs.model_validate(wanted)
        except ValidationError as error:
            raise refused(explain(error)) from None
        users = [user.name for user in args.users]
        found = [*unread(config.name, CONFIG.get(), users), *_unprotected(config, users)]
        if not found:
            passwords = {user: config.get_secret(f"{_PASSWORD}{user}") for user in users}
            return config.get("name") or "mysql", args.with_passwords(passwords)
    raise refused("\n".join(found))


def refused(problems: str) -> pulumi.RunError:
    """What ends the program, and with it preview and up."""
    return pulumi.RunError(f"the configuration does not describe a cluster:\n{problems}")


def unread(project: str, keys: Iterable[str], users: Iterable[str]) -> Iterator[str]:
    """Every key of the project that nothing reads: a misspelt one would give a cluster with defaults. Pure."""
    known = [*_KEYS, *(f"{_PASSWORD}{user}" for user in users)]
    for key in sorted(keys):
        namespace, _, name = key.partition(":")
        if namespace != project or name in known:
            continue
        close = difflib.get_close_matches(name, known, n=1)
        advice = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        user = " for a declared user" if name.startswith(_PASSWORD) else ""
        yield f"{key}: there is no such key{user}; {advice}"


def _passwords_in(wanted: object, project: str) -> Iterator[str]:
    """In the object they stand in the stack file as plain text, and so under version control."""
    users = cast("Mapping[str, object]", wanted).get("users") if isinstance(wanted, Mapping) else None
    for index, user in enumerate(cast("list[object]", users) if isinstance(users, list) else []):
        if isinstance(user, Mapping) and "password" in user:
            name = str(cast("Mapping[str, object]", user).get("name", "<user>"))
            yield (
                f"users.{index}.password: would be kept as plain text; take it out, and set it as a secret of its own: "
                f"pulumi config set --secret {project}:{_PASSWORD}{name}"
            )


def _unprotected(config: pulumi.Config, users: Iterable[str]) -> Iterator[str]:
    for user in users:
        key = config.full_key(f"{_PASSWORD}{user}")
        if config.get(f"{_PASSWORD}{user}") is not None and not is_config_secret(key):
            yield f"{key}: is kept as plain text; set it again with pulumi config set --secret {key}"
