"""A Galera cluster, as the agent's loop sees it: all members hold the same, and one takes the writes."""

from __future__ import annotations

from collections.abc import Collection

from . import actions as act
from .decide_galera import decide_galera
from .engine import Watcher
from .engine_mariadb import MariaDB
from .facts import Answers, Facts, Local, Silent
from .group import OFFLINE
from .health import Health
from .health_galera import judge_galera
from .mysqld import ANSWER_SECONDS, FROZEN_SECONDS, MARIADB_USER, SESSION, Mysqld
from .observe_galera import GaleraObserver
from .perform import Performer
from .perform_galera import GaleraPerformer
from .settings import Settings

STEADY_SECONDS = 0.5
"""The role labels must follow a lost writer within a second."""
ALERT_SECONDS = 0.2
IN_A_CLUSTER = f"{SESSION}, wsrep_sync_wait = 0, wsrep_dirty_reads = ON"
"""The agent asks for what this member says now, also while it is cut off."""


class GaleraCluster:
    """See ``topology.Topology``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = MariaDB()

    def decide(self, facts: Facts) -> act.Action:
        return decide_galera(facts)

    def judge(self, facts: Facts, action: act.Action) -> Health:
        return judge_galera(facts, action)

    def connect(self, answer_seconds: int) -> Mysqld:
        return galera_mysqld(answer_seconds)

    def observer(self, mysqld: Mysqld, ordinal: int) -> Watcher:
        return GaleraObserver(mysqld, ordinal, self._settings)

    def performer(self, mysqld: Mysqld, ordinal: int) -> Performer:
        return GaleraPerformer(self._settings, mysqld, ordinal, self._engine)

    def beginning(self, mysqld: Mysqld) -> None:
        return None

    def primary(self, local: Local | None) -> int | None:
        return local.galera.writer if local and local.galera else None

    def declares(self, ordinal: int, local: Local) -> bool:
        return bool(local.report.group and local.report.group.leads)

    def opening(self, ordinal: int, local: Local | None) -> bool:
        return bool(local and local.report.group and local.report.group.state == OFFLINE)

    def fresh(self, ordinal: int, local: Local | None, answers: Answers) -> Collection[int]:
        """The writer, unless its agent was silent: waiting for it would delay what follows from its loss.

        One whose server was killed may be back in the view before the others see it gone, and takes long to catch up.
        """
        writer = self.primary(local)
        if writer is None or writer == ordinal:
            return []
        answer = answers.get(writer)
        return [] if isinstance(answer, Silent) and not answer.answered else [writer]

    def pace(self, local: Local | None) -> float:
        """Faster while a member is missing: nobody can write until a lost writer's successor has the label."""
        group = local.report.group if local else None
        whole = group is not None and len(group.seats) == self._settings.members
        return STEADY_SECONDS if whole else ALERT_SECONDS

    def watch_seconds(self, ordinal: int) -> int:
        """Another member answers in place of a frozen one."""
        return FROZEN_SECONDS


def galera_mysqld(answer_seconds: int | None = ANSWER_SECONDS) -> Mysqld:
    """A connection to the mariadbd of a member of a Galera cluster."""
    return Mysqld(answer_seconds, IN_A_CLUSTER, user=MARIADB_USER)
