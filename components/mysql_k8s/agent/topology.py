"""What differs between topologies, as the agent's loop sees it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from . import actions as act
from .beginning import Beginning
from .decide import PRIMARY, decide
from .decide_group import decide_group
from .engine import Watcher
from .engines import engine_of
from .facts import Answers, Facts, Local, Silent
from .group import OFFLINE
from .health import Health, judge
from .health_group import judge_group
from .mysqld import ANSWER_SECONDS, FROZEN_SECONDS, Mysqld, group_mysqld
from .observe_group import GroupObserver
from .perform import Performer
from .perform_group import GroupPerformer
from .settings import GALERA, GROUP, Settings
from .topology_galera import GaleraCluster

TICK_SECONDS = 1.0
GROUP_SECONDS = 0.5
"""The role labels must follow an election within a second."""
ALERT_SECONDS = 0.2


class Topology(Protocol):
    """The seam between the loop and how members work together."""

    def decide(self, facts: Facts) -> act.Action: ...
    def judge(self, facts: Facts, action: act.Action) -> Health: ...
    def connect(self, answer_seconds: int) -> Mysqld: ...
    def observer(self, mysqld: Mysqld, ordinal: int) -> Watcher: ...
    def performer(self, mysqld: Mysqld, ordinal: int) -> Performer: ...

    def beginning(self, mysqld: Mysqld) -> Beginning | None:
        """Tells whether an empty member may follow another one from nothing; None where the topology itself does."""
        ...

    def primary(self, local: Local | None) -> int | None:
        """Whom a replica compares itself with; None if nobody is known."""
        ...

    def declares(self, ordinal: int, local: Local) -> bool:
        """Whether this member makes the declared databases and users."""
        ...

    def opening(self, ordinal: int, local: Local | None) -> bool:
        """Whether this member may be about to open for writes, so that a silent member's claim matters."""
        ...

    def fresh(self, ordinal: int, local: Local | None, answers: Answers) -> Collection[int]:
        """Whose reports must always be fresh, also while nothing happens."""
        ...

    def pace(self, local: Local | None) -> float:
        """Seconds from one round to the next."""
        ...

    def watch_seconds(self, ordinal: int) -> int:
        """How long mysqld may take to answer before the member is taken for one that does not."""
        ...


class FixedPrimary:
    """One server, or a primary at ordinal 0 with replicas."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = engine_of(settings)

    def decide(self, facts: Facts) -> act.Action:
        return decide(facts)

    def judge(self, facts: Facts, action: act.Action) -> Health:
        return judge(facts, action)

    def connect(self, answer_seconds: int) -> Mysqld:
        return self._engine.connect(answer_seconds)

    def observer(self, mysqld: Mysqld, ordinal: int) -> Watcher:
        return self._engine.observer(mysqld, ordinal, self._settings)

    def performer(self, mysqld: Mysqld, ordinal: int) -> Performer:
        return Performer(self._settings, mysqld, self._engine)

    def beginning(self, mysqld: Mysqld) -> Beginning | None:
        return Beginning(mysqld, self._engine.initialised, self._engine.accounts)

    def primary(self, local: Local | None) -> int | None:
        return PRIMARY

    def declares(self, ordinal: int, local: Local) -> bool:
        return ordinal == PRIMARY

    def opening(self, ordinal: int, local: Local | None) -> bool:
        return ordinal == PRIMARY and local is not None and not local.report.writable

    def fresh(self, ordinal: int, local: Local | None, answers: Answers) -> Collection[int]:
        """A replica compares itself with the primary."""
        return [] if ordinal == PRIMARY else [PRIMARY]

    def pace(self, local: Local | None) -> float:
        """Faster while the first transactions are about to arrive."""
        begins = local is not None and local.report.empty and local.channel is not None
        return ALERT_SECONDS if begins else TICK_SECONDS

    def watch_seconds(self, ordinal: int) -> int:
        """Other members answer in place of a frozen replica, and nobody in place of the primary."""
        return ANSWER_SECONDS if ordinal == PRIMARY else FROZEN_SECONDS


class ElectedPrimary:
    """A group that elects its primary."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def decide(self, facts: Facts) -> act.Action:
        return decide_group(facts)

    def judge(self, facts: Facts, action: act.Action) -> Health:
        return judge_group(facts, action)

    def connect(self, answer_seconds: int) -> Mysqld:
        return group_mysqld(answer_seconds)

    def observer(self, mysqld: Mysqld, ordinal: int) -> Watcher:
        return GroupObserver(mysqld, ordinal)

    def performer(self, mysqld: Mysqld, ordinal: int) -> Performer:
        return GroupPerformer(self._settings, mysqld, ordinal)

    def beginning(self, mysqld: Mysqld) -> Beginning | None:
        return None

    def primary(self, local: Local | None) -> int | None:
        seat = local.report.group.primary if local and local.report.group else None
        ordinals = range(self._settings.members)
        return next((o for o in ordinals if seat and self._settings.host(o) == seat.host), None)

    def declares(self, ordinal: int, local: Local) -> bool:
        return bool(local.report.group and local.report.group.leads)

    def opening(self, ordinal: int, local: Local | None) -> bool:
        return bool(local and local.report.group and local.report.group.state == OFFLINE)

    def fresh(self, ordinal: int, local: Local | None, answers: Answers) -> Collection[int]:
        """The primary, unless it was silent: waiting for it would delay what follows from its loss."""
        primary = self.primary(local)
        if primary is None or primary == ordinal or isinstance(answers.get(primary), Silent):
            return []
        return [primary]

    def pace(self, local: Local | None) -> float:
        """Faster while the group changes: nobody can write until its new primary has the label."""
        group = local.report.group if local else None
        return ALERT_SECONDS if group and group.seats and not group.whole else GROUP_SECONDS

    def watch_seconds(self, ordinal: int) -> int:
        """A frozen primary is succeeded soon: clients must not wait for it meanwhile."""
        return FROZEN_SECONDS


def topology_of(settings: Settings) -> Topology:
    """Chosen by ``settings.topology``."""
    if settings.topology == GALERA:
        return GaleraCluster(settings)
    return ElectedPrimary(settings) if settings.topology == GROUP else FixedPrimary(settings)
