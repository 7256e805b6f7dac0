"""One trial each: a fault on a group's primary, or a disturbance that should cost nobody the role."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from mysqld_group import MEMBERS, GroupMember, RealGroup

from .group_load import Writers

HEAL_SECONDS = 300.0
LONGEST_FAULT_SECONDS = 120.0
SETTLE_SECONDS = 2.0
SHORT_SECONDS = 3.0
BUSY_SECONDS = 20.0
BURNERS_PER_PROCESSOR = 4
VOLUME_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Failover:
    """A fault that a primary does not survive. Seconds."""

    fault: str
    expel_timeout: int
    until_write: float
    """From the fault to the first write that another member acknowledged."""
    until_whole: float
    """From the end of the fault to a whole group."""


@dataclass(frozen=True)
class Disturbance:
    """Something that passes by itself, and should move no role."""

    what: str
    profile: str
    expel_timeout: int
    role_moved: bool
    expelled: int
    """How many members the group gave up."""
    without_write: float
    """The longest time between two acknowledged writes, in seconds."""


def freeze(member: GroupMember) -> None:
    member.signal(signal.SIGSTOP)


def kill(member: GroupMember) -> None:
    member.signal(signal.SIGKILL)


def thaw(member: GroupMember) -> None:
    member.signal(signal.SIGCONT)


def nothing(_: GroupMember) -> None:
    """A killed mysqld is started again by run.sh."""


FAULTS: dict[str, tuple[Callable[[GroupMember], None], Callable[[GroupMember], None]]] = {
    "kill -9": (kill, nothing),
    "freeze": (freeze, thaw),
    "partition": (GroupMember.cut, GroupMember.heal),
}
"""How each begins and ends."""


def set_expel_timeout(group: RealGroup, seconds: int) -> None:
    for member in group.members:
        member.query(f"SET GLOBAL group_replication_member_expel_timeout = {seconds}")


def fail_over(group: RealGroup, fault: str, expel_timeout: int) -> Failover:
    """Break the primary, wait for a write that another member acknowledges, and heal.

    The group's agents pause meanwhile: who is elected, and when, is the servers' work alone. Raises TimeoutError.
    """
    begin, end = FAULTS[fault]
    set_expel_timeout(group, expel_timeout)
    broken = group.primary
    with Writers(group.members) as writers:
        time.sleep(SETTLE_SECONDS)
        began = time.monotonic()
        begin(broken)
        try:
            written = _wait_for_write(writers, began, broken.ordinal)
        finally:
            end(broken)
    until_whole = group.until("whole group", lambda: group.is_whole, HEAL_SECONDS)
    return Failover(fault, expel_timeout, written - began, until_whole)


def _wait_for_write(writers: Writers, began: float, but: int) -> float:
    while time.monotonic() - began < LONGEST_FAULT_SECONDS:
        moment = writers.first_after(began, but)
        if moment is not None:
            return moment
        time.sleep(0.05)
    raise TimeoutError(f"no other member accepted a write within {LONGEST_FAULT_SECONDS:g} s")


@contextmanager
def frozen(member: GroupMember) -> Generator[None]:
    freeze(member)
    try:
        time.sleep(SHORT_SECONDS)
        yield
    finally:
        thaw(member)


@contextmanager
def primary_frozen(group: RealGroup) -> Generator[None]:
    with frozen(group.primary):
        yield


@contextmanager
def secondary_frozen(group: RealGroup) -> Generator[None]:
    with frozen(next(member for member in group.members if member is not group.primary)):
        yield


@contextmanager
def disk_stalled(group: RealGroup) -> Generator[None]:
    """Nothing that the primary writes reaches its volume."""
    volume = group.primary.folder
    subprocess.run(["fsfreeze", "--freeze", volume], check=True)
    try:
        time.sleep(SHORT_SECONDS)
        yield
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", volume], check=True)


@contextmanager
def processors_busy(group: RealGroup) -> Generator[None]:
    count = BURNERS_PER_PROCESSOR * (os.cpu_count() or 1)
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        time.sleep(BUSY_SECONDS)
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


DISTURBANCES: dict[str, Callable[[RealGroup], AbstractContextManager[None]]] = {
    f"the primary is frozen for {SHORT_SECONDS:g} s": primary_frozen,
    f"a secondary is frozen for {SHORT_SECONDS:g} s": secondary_frozen,
    f"the primary's disk takes nothing for {SHORT_SECONDS:g} s": disk_stalled,
    f"{BURNERS_PER_PROCESSOR} busy processes on each processor for {BUSY_SECONDS:g} s": processors_busy,
}


@contextmanager
def volumes(folder: Path) -> Generator[None]:
    """A file system of its own for each member, so that the disk of one can be stalled."""
    mounted: list[Path] = []
    try:
        for ordinal in range(MEMBERS):
            image, volume = folder / f"volume-{ordinal}", folder / f"db-{ordinal}"
            volume.mkdir()
            with image.open("wb") as file:
                file.truncate(VOLUME_BYTES)
            subprocess.run(["mkfs.ext4", "-q", image], check=True)
            subprocess.run(["mount", "-o", "loop", image, volume], check=True)
            mounted.append(volume)
        yield
    finally:
        for volume in mounted:
            subprocess.run(["umount", "--lazy", volume], check=False)


def disturb(group: RealGroup, what: str, profile: str, expel_timeout: int) -> Disturbance:
    """Disturb the group for a moment; who leads it, and who belongs to it, is compared before and after."""
    set_expel_timeout(group, expel_timeout)
    before = group.primary
    views = seats(before)
    with Writers(group.members) as writers:
        time.sleep(SETTLE_SECONDS)
        began = time.monotonic()
        with DISTURBANCES[what](group):
            pass
        # A suspicion is acted upon only some time later.
        _keep_going(group, 10.0 + 2 * expel_timeout)
        ended = time.monotonic()
    moments = [moment for moment in writers.everything() if moment >= began - SETTLE_SECONDS]
    longest = max((later - earlier for earlier, later in pairwise(moments)), default=ended - began)
    gone = len(views - seats(group.primary))
    moved = group.primary is not before
    group.until("whole group", lambda: group.is_whole, HEAL_SECONDS)
    return Disturbance(what, profile, expel_timeout, moved, gone, longest)


def seats(member: GroupMember) -> set[object]:
    rows = member.query("SELECT MEMBER_ID FROM performance_schema.replication_group_members")
    return {row[0] for row in rows}


def _keep_going(group: RealGroup, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        group.round()
        time.sleep(0.2)
