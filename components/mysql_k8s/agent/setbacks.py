"""What a member of a group has failed at since it last served: so that it does not fail at it for ever. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_TRIES = 2
"""A second failure at the same transaction is no accident: the member's data is not what the group's was before it."""
MOST_FALLS = 3
"""So often a member joins again before a person is told."""


@dataclass(frozen=True)
class ApplyFailure:
    """Why a member stopped applying, as performance_schema keeps it until applying begins again."""

    transaction: str
    """Its GTID."""
    at: str
    message: str


@dataclass(frozen=True)
class Setbacks:
    """Counts, from what is observed each round."""

    failure: ApplyFailure | None = None
    """The last failure to apply."""
    tries: int = 0
    """How often in a row the member failed at the transaction of the last failure."""
    falls: int = 0
    """How often it fell out of the group since it last served."""
    fallen: bool = False
    """It is out of the group and has not cleared up yet."""

    def observe(self, failure: ApplyFailure | None, *, fallen: bool, serves: bool) -> Setbacks:
        """After one more look. A failure that is not on record says nothing of the next attempt."""
        falls = 0 if serves else self.falls + (fallen and not self.fallen)
        seen = replace(self, falls=falls, fallen=fallen)
        if failure is None or failure == self.failure:
            return seen
        again = self.failure is not None and self.failure.transaction == failure.transaction
        return replace(seen, failure=failure, tries=self.tries + 1 if again else 1)
