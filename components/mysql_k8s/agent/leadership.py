"""What the primary of a group does for the others through the API server.

A member that was cut off cannot take its own role label away, so the primary does. And it notes on every claim what the
group holds: after the loss of volumes that is the only memory of how much there was.
"""

from __future__ import annotations

import time

from .facts import Answers, Facts, Local, Mark, Report
from .gtid import NOTHING, GtidSet
from .health import Health
from .kubernetes import Kubernetes, KubernetesError
from .settings import Settings

LOOK_SECONDS = 5.0
"""How often the primary makes sure of its own label: another member may have taken it, mistaken for a moment."""
LOOK_AGAIN_SECONDS = 3.0
"""After this the label is set again, if it is still missed: until then a member that was frozen has heard from its
server that another one leads."""
TAKE_AGAIN_SECONDS = 5.0
"""While a member is missing, its pod's label is looked after this often: its agent may set it again."""
NOTE_SECONDS = 30.0
READ_AGAIN_SECONDS = 3.0


class Leadership:
    """Keeps what was done last, so that in steady state the API server is asked hardly ever."""

    def __init__(self, kubernetes: Kubernetes, ordinal: int) -> None:
        self._kubernetes = kubernetes
        self._ordinal = ordinal
        self._taken_for: object = None
        self._taken_at = 0.0
        self._late: list[str] = []
        """Pods that keep the label until this member has its own."""
        self._looked_at = 0.0
        self._missed = False
        self._noted = NOTHING
        self._noted_at = -NOTE_SECONDS
        self._mark = Mark()
        self._mark_read_at = -READ_AGAIN_SECONDS

    def take_labels(self, facts: Facts, health: Health) -> None:
        """As the primary, before this member gets its label: no other pod keeps it. Raises KubernetesError.

        But for a pod that is being deleted: ``-primary`` leads to that one only until another one is ready, so that
        the Service goes over in one step, and is never empty in between (KEP 1669, terminating endpoints).
        """
        group = facts.local.report.group if facts.local else None
        leads = health.role == "primary" and facts.stopping_seconds is None
        if not leads or group is None or facts.settings.galera.all_write:
            self._taken_for, self._missed = None, False
            return
        now = time.monotonic()
        due = not group.whole and now - self._taken_at > TAKE_AGAIN_SECONDS
        if group.seats == self._taken_for and not due:
            return
        pods = [facts.settings.pod(ordinal) for ordinal in range(facts.settings.members) if ordinal != self._ordinal]
        seen = {pod: self._kubernetes.look(pod) for pod in pods}
        labelled = {pod: pod_seen for pod, pod_seen in seen.items() if pod_seen and pod_seen.role == "primary"}
        for pod, pod_seen in labelled.items():
            if not pod_seen.being_deleted:
                self._kubernetes.take_role(pod, "primary")
        self._late = [pod for pod, pod_seen in labelled.items() if pod_seen.being_deleted]
        self._taken_for, self._taken_at = group.seats, now

    def take_late_labels(self) -> None:
        """As the primary that has set its label: nor do those that are being deleted. Raises KubernetesError."""
        while self._late:
            self._kubernetes.take_role(self._late[-1], "primary")
            self._late.pop()

    def assert_label(self, settings: Settings) -> None:
        """As the primary that has set its label: see to it now and then. Raises KubernetesError."""
        now, pod = time.monotonic(), settings.pod(self._ordinal)
        if now - self._looked_at <= (LOOK_AGAIN_SECONDS if self._missed else LOOK_SECONDS):
            return
        self._looked_at = now
        seen = self._kubernetes.look(pod)
        has_it = seen is not None and seen.role == "primary"
        if self._missed and not has_it:
            self._kubernetes.label_role(pod, "primary")
        self._missed = not has_it and not self._missed

    def give_label(self, settings: Settings, heir: int) -> None:
        """As the primary that has handed over, so that clients need not wait for the heir to notice.

        Only in exchange for a replica's: a pod without one may be stopping itself. Raises KubernetesError.
        """
        self._kubernetes.exchange_role(settings.pod(heir), "replica", "primary")

    def note_held(self, facts: Facts, health: Health) -> None:
        """As the primary, note on every claim what the group holds. Raises KubernetesError."""
        if health.role != "primary" or facts.local is None:
            return
        now, held = time.monotonic(), facts.local.report.executed
        if held == self._noted or now - self._noted_at < NOTE_SECONDS:
            return
        self._noted_at = now
        for ordinal in range(facts.settings.members):
            self._kubernetes.note_held(facts.settings.claim(ordinal), str(held))
        self._noted = held

    def mark(self, settings: Settings, local: Local | None, peers: Answers) -> Mark:
        """What the claims remember; asked for only while no group runs."""
        reports = [peer for peer in peers.values() if isinstance(peer, Report)]
        if local is None or any(report.group and report.group.serves for report in reports):
            return Mark()
        now = time.monotonic()
        if now - self._mark_read_at > READ_AGAIN_SECONDS:
            self._mark, self._mark_read_at = self._read(settings), now
        return self._mark

    def _read(self, settings: Settings) -> Mark:
        held = NOTHING
        try:
            for ordinal in range(settings.members):
                held |= GtidSet.parse(self._kubernetes.held(settings.claim(ordinal)) or "")
        except (KubernetesError, ValueError):
            return Mark(readable=False)
        return Mark(held=held)
