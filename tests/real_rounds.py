"""The agents of a cluster of real servers in one process, one round after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pymysql
import pytest

from mysql_k8s.agent import actions as act
from mysql_k8s.agent.facts import Local, Report, Silent
from mysql_k8s.agent.health import Health
from mysql_k8s.agent.mysqld import Unreachable
from mysql_k8s.agent.perform import Performer


class Member(Protocol):
    """A server, and what its agent holds between rounds."""

    ordinal: int
    log: Path
    cut_off: bool
    stopping_since: float | None
    health: Health
    doing: str
    doing_since: float
    done: list[str]
    """What its agent did, in order, for whoever reads why a test failed."""

    @property
    def performer(self) -> Performer: ...

    def observe(self) -> Local | None: ...

    def round(self, peers: Mapping[int, Report | Silent], now: float) -> None: ...


M = TypeVar("M", bound=Member)


def carry_out(member: Member, action: act.Action, now: float) -> None:
    """As the agent's loop does; what fails is noted."""
    if action.doing != member.doing:
        member.doing, member.doing_since = action.doing, now
        member.done.append(f"{type(action).__name__}: {action.doing}")
    if isinstance(action, act.AllowStop):
        return
    try:
        member.performer.perform(action)
    except (Unreachable, pymysql.MySQLError, OSError) as error:
        member.done.append(f"failed: {error}")


class Rounds(Generic[M]):
    """``become`` has the agent's modules talk to a member: they know one at a time, as in its pod."""

    def __init__(self, members: Sequence[M], become: Callable[[M], None]) -> None:
        self.members = members
        self.most_primaries = 0
        self._become = become

    def round(self) -> None:
        """Every agent looks, decides and acts once."""
        for member in self.members:
            self._become(member)
            peers = {m.ordinal: self._ask(member, m) for m in self.members if m is not member}
            self._become(member)
            member.round(peers, time.monotonic())
        self.most_primaries = max(self.most_primaries, sum(m.health.role == "primary" for m in self.members))

    def until(self, what: str, condition: Callable[[], bool], seconds: float = 180.0) -> float:
        """Rounds until the condition holds; returns how long that took, in seconds."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            self.round()
            if condition():
                return time.monotonic() - started
            time.sleep(0.2)
        seen = {m.ordinal: (m.health, m.done[-8:], m.performer.last_error) for m in self.members}
        logs = "\n".join(m.log.read_text(errors="replace")[-3000:] for m in self.members)
        pytest.fail(f"no {what} within {seconds:g} s; seen: {seen}\n{logs}")

    @property
    def roles(self) -> list[str | None]:
        return [member.health.role if member.health.ready else None for member in self.members]

    @property
    def is_whole(self) -> bool:
        return sorted(str(role) for role in self.roles) == ["primary", *["replica"] * (len(self.members) - 1)]

    @property
    def primary(self) -> M:
        return next(member for member in self.members if member.health.role == "primary")

    def _ask(self, asker: M, asked: M) -> Report | Silent:
        if asker.cut_off or asked.cut_off:
            return Silent("cut off")
        self._become(asked)
        local = asked.observe()
        if local is None:
            return Silent("the server does not answer")
        return replace(local.report, stopping=asked.stopping_since is not None)
