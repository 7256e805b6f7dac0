"""How full the data's volume is. mysqld itself says nothing before it is too late: then commits wait for ever."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

GAUGE = Path("/var/lib/mysql-volume")
"""An empty folder of the data's volume, mounted in the agent: it can ask for space but see no data."""

MIB = 1024 * 1024
SMALLEST_RESERVE = 64 * MIB
LARGEST_RESERVE = 1024 * MIB


@dataclass(frozen=True)
class Volume:
    """Space on the data's volume, in bytes."""

    free: int
    total: int

    @property
    def reserve(self) -> int:
        """What is kept for recovery and for transactions under way: a twentieth, between 64 MiB and 1 GiB."""
        return min(LARGEST_RESERVE, max(SMALLEST_RESERVE, self.total // 20))

    @property
    def full(self) -> bool:
        """Nothing more may be written."""
        return self.free < self.reserve

    @property
    def roomy(self) -> bool:
        """Writing may begin again: twice the reserve, so that it does not go to and fro."""
        return self.free >= 2 * self.reserve

    def __str__(self) -> str:
        """Without what changes from second to second: every new text would be an Event of its own."""
        more = 2 * self.reserve // MIB
        return f"the volume of {self.total // MIB} MiB is full, writing goes on when {more} MiB are free"


def measure(folder: Path = GAUGE) -> Volume | None:
    """The volume that a folder is on; None if that cannot be told."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return Volume(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)
