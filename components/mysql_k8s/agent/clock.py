"""How far this member's clock is from the others'. Pure.

No decision depends on a clock of another machine. But the moment that a restore names is the primary's, certificates
begin and end by the clock of whoever checks them, and applications store what the server's clock says.
"""

from __future__ import annotations

from collections.abc import Collection

LIMIT_SECONDS = 5.0
"""Far more than machines differ whose clocks are kept by NTP."""


def ahead(date: float, sent: float, received: float) -> float:
    """How far another clock is ahead of this one, at least, in seconds; 0 where the two may agree.

    ``date`` is what the other one said, in whole seconds (RFC 9110, 6.6.1), between ``sent`` and ``received`` by
    this one: a slow answer says little.
    """
    least, most = date - received, date + 1 - sent
    return max(least, 0.0) + min(most, 0.0)


def ahead_of_middle(others: Collection[float]) -> float:
    """How far this clock is ahead of the middle one of all members', where the others are ahead of it by so much."""
    every = sorted([0.0, *others])
    return -every[len(every) // 2]


def warning(ahead_seconds: float) -> str | None:
    """What to tell a person; None: nothing."""
    if abs(ahead_seconds) <= LIMIT_SECONDS:
        return None
    where = "ahead of" if ahead_seconds > 0 else "behind"
    return (
        f"the clock of its node is {abs(ahead_seconds):.0f} s {where} that of other members: correct it (NTP); until"
        " then a restore to a moment is that much off while this member is the primary"
    )
