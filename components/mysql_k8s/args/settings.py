"""The settings of mysqld that a user may give: by name, each once, and none that the design fixes or that does harm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from .. import engine_settings, server_settings, setting_rules
from ..engine_settings import EngineSettings
from .base import misfit
from .fit import Scalar

_SETTING = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def _allowed_settings(settings: dict[str, Scalar]) -> dict[str, Scalar]:
    seen: dict[str, str] = {}
    for key, value in settings.items():
        if not _SETTING.fullmatch(key):
            raise misfit(
                f"my_cnf.{key!r}", value, "is not a setting of mysqld; use its name alone, such as sort_buffer_size"
            )
        if not str(value).isprintable():
            raise misfit(f"my_cnf.{key}", "...", "must be one line of printable characters")
        name = server_settings.canonical(key)
        if name in seen:
            raise misfit(f"my_cnf.{key}", value, f"is the same setting as {seen[name]}; keep one of them")
        seen[name] = key
    return settings


def check_for_engine(settings: Mapping[str, Scalar], engine: str) -> None:
    """Raises a misfit for what the design fixes and for what does harm. ``engine``: its kind."""
    known = engine_settings.of(engine)
    for key, value in settings.items():
        if why := known.why_reserved(key):
            raise misfit(f"my_cnf.{key}", value, f"is fixed: {why}; leave it out")
        if problem := _harm(key, value, known):
            raise misfit(f"my_cnf.{key}", value, problem)


def _harm(key: str, value: Scalar, known: EngineSettings) -> str | None:
    """With ``loose_`` in front, the server starts even if it does not know the setting."""
    name = server_settings.canonical(key)
    gone = None if server_settings.with_underscores(key).startswith("loose_") else known.removed(name)
    return gone or setting_rules.problem(name, value)


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise ValueError("must be text, a number, true or false")
    return value


Settings = Annotated[dict[str, Annotated[Scalar, BeforeValidator(_scalar)]], AfterValidator(_allowed_settings)]
