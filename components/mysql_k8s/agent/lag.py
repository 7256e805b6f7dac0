"""How far a replica is behind its primary, in seconds, without asking another machine's clock.

Each observation notes the primary's executed set and the local time. The lag is the age of the oldest note that
the replica has not reached. A primary that cannot be asked adds no note.
"""

from __future__ import annotations

from dataclasses import dataclass

from .gtid import GtidSet

MOST_NOTES = 600


@dataclass(frozen=True)
class LagNotes:
    """Notes (local time in seconds, the primary's executed set) that the replica has not reached yet, oldest first."""

    notes: tuple[tuple[float, GtidSet], ...] = ()
    catching_up: bool = False
    """The replica began from nothing, and has not reached a note since."""

    def observe(self, now: float, primary: GtidSet | None, replica: GtidSet) -> LagNotes:
        """The notes after one more look: ``primary`` is None if it could not be asked."""
        notes = list(self.notes)
        if primary is not None:
            # What a primary lost with its volume can never be reached, and nobody is behind for it.
            notes = [note for note in notes if note[1] <= primary]
            if not notes or notes[-1][1] != primary:
                notes.append((now, primary))
        catching_up = self.catching_up
        while notes and notes[0][1] <= replica:
            notes.pop(0)
            catching_up = False
        if len(notes) > MOST_NOTES:
            notes = notes[::2]
        return LagNotes(tuple(notes), catching_up)

    def seconds(self, now: float) -> float:
        """The lag in seconds; 0 if the replica has reached every note."""
        return max(0.0, now - self.notes[0][0]) if self.notes else 0.0
