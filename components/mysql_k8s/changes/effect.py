"""The effects that a change can have, and a reason for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """From the most harmless to the worst: their order here is the order of severity."""

    NOTHING = "nothing restarts"
    RUN_TIME = "applied at run time"
    STORAGE_GROWS = "storage grows online"
    MEMBERS_ADDED = "members are added"
    ROLLING_RESTART = "rolling restart"
    MEMBERS_REMOVED = "members are removed"
    UNCLEAR = "cannot be told"
    OUTAGE = "outage"
    REFUSED = "refused"
    DATA_AT_RISK = "data at risk"

    @property
    def severity(self) -> int:
        return _ORDER[self]


_ORDER = {effect: place for place, effect in enumerate(Effect)}


@dataclass(frozen=True)
class Reason:
    """One effect, why it is so in one sentence, and the property that says so."""

    effect: Effect
    why: str
    path: str = ""
    values: str = ""
    """``old -> new``, only where both are known not to be secret."""
    argument: str = ""
    """The argument of MySQLClusterArgs behind it, where the resource is one of ours."""


def worst(reasons: Iterable[Reason]) -> Effect:
    return max((reason.effect for reason in reasons), key=lambda effect: effect.severity, default=Effect.NOTHING)
