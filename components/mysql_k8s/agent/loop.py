"""The agent's loop: observe, decide, act, publish; once a second, or at once after something was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pymysql

from . import actions as act
from . import clock
from .account_check import AccountCheck
from .attention import attention
from .certificates import CertificateWatch
from .copy_rate import CopyRate
from .decide_group import TRUST_SECONDS
from .engines import engine_of
from .events import Event, Events
from .facts import Facts, Local, Mark, Report, Silent
from .group import ERROR, Group
from .health import Health
from .kubernetes import Kubernetes, KubernetesError
from .lag import LagNotes
from .leadership import Leadership
from .log import log
from .mysqld import ANSWER_SECONDS, Unreachable
from .peers import Peers
from .setbacks import Setbacks
from .settings import RUN_FOLDER, Settings, SettingsFile
from .state import Cloning, Snapshot
from .topology import topology_of
from .volume import measure

STOPPING = RUN_FOLDER / "stopping"
WORTH_AN_EVENT = (
    act.Bootstrap,
    act.Clone,
    act.Follow,
    act.FollowFromNothing,
    act.RefetchRelayLog,
    act.AcknowledgeAgain,
    act.MakeWritable,
    act.StartGroup,
    act.JoinGroup,
    act.HandOver,
    act.LeaveGroup,
    act.RefuseClients,
    act.Blocked,
)
SLOW = (act.Clone, act.JoinGroup, act.StartGroup, act.LeaveGroup)
AT_LEISURE = (act.Steady, act.Wait, act.Blocked, act.AllowStop, act.AcknowledgeAgain, *SLOW)
"""After these the next round is not due at once."""


def is_same(action: act.Action, known: act.Action) -> bool:
    """Doing something slow and waiting for it are the same."""
    slowly = isinstance(action, (act.Wait, *SLOW)) and isinstance(known, (act.Wait, *SLOW))
    return slowly or type(action) is type(known)


class Agent:
    """Holds what must outlive a tick: connections, the lag's notes, and what was published last."""

    def __init__(self, declared: SettingsFile, ordinal: int, pod_uid: str) -> None:
        self.ordinal = ordinal
        self.beat = time.monotonic()
        self.snapshot: Snapshot | None = None
        self.certificates_changed: Callable[[], None] = lambda: None
        """Called when the mounted certificates are others than before."""
        self._declared = declared
        self._kind = declared.settings.topology
        self.topology = topology_of(declared.settings)
        self._pod_uid = pod_uid
        self._mysqld = self.topology.connect(ANSWER_SECONDS)
        self._watch_seconds = self.topology.watch_seconds(ordinal)
        self._watched = self.topology.connect(self._watch_seconds)
        self._observer = self.topology.observer(self._watched, ordinal)
        self._beginning = self.topology.beginning(self._watched)
        self._performer = self.topology.performer(self._mysqld, ordinal)
        self._accounts = AccountCheck(self.settings)
        self._kubernetes = Kubernetes(self.settings.namespace)
        self._events = Events(Kubernetes(self.settings.namespace))
        self._peers = Peers(self.settings, ordinal, self._kubernetes)
        self._leadership = Leadership(self._kubernetes, ordinal) if self.settings.in_group else None
        self._silence: str | None = None
        self._lag = LagNotes()
        self._copy_rate = CopyRate()
        self._setbacks = Setbacks()
        self._served_at = time.monotonic()
        self._up_since: float | None = None
        self._looked_at = time.monotonic()
        self._stopping_since: float | None = None
        self._being_deleted: bool | None = None
        """None: the API server was not asked yet."""
        self._action: act.Action | None = None
        self._action_since = time.monotonic()
        self._failure: str | None = None
        self._label: str | None = "unknown"
        self._heir: int | None = None
        """Whom this member has just handed the primary's role to."""
        self._certificates = CertificateWatch(self._mysqld, engine_of(self.settings).statements.reload_certificates)
        self._pace = self.topology.pace(None)

    @property
    def settings(self) -> Settings:
        """The cluster as declared now, in the topology that this pod was started for: my.cnf is of that one."""
        return replace(self._declared.settings, topology=self._kind)

    def run(self) -> None:
        """Tick for ever."""
        while True:
            started = time.monotonic()
            done_something = self.tick()
            if not done_something:
                time.sleep(max(0.0, self._pace - (time.monotonic() - started)))

    def tick(self) -> bool:
        """One round. Returns whether something was done, so that the next step is due at once."""
        if self._declared.renew():
            self._use_new_settings()
        facts = self.gather()
        action = self.topology.decide(facts)
        self._note(action)
        done = self._perform(action)
        self._heir = action.ordinal if done and isinstance(action, act.HandOver) else None
        self._publish(self._look_at(facts, action))
        self._pace = self.topology.pace(facts.local)
        self.beat = time.monotonic()
        if facts.stopping_seconds is not None and self._stopping_since is None:
            self._stopping_since = self.beat
        return done

    def gather(self) -> Facts:
        """Own facts first, then the others': what they report is never older than what this member says of itself."""
        stood_still = time.monotonic() - self._looked_at > self._watch_seconds
        self._looked_at = time.monotonic()
        local = self._observe()
        now = time.monotonic()
        if local is None or stood_still:
            self._up_since = None if local is None else now
        elif self._up_since is None:
            self._up_since = now
        opening = self.topology.opening(self.ordinal, local)
        peers = self._peers.with_claims(self._peers.ask_all()) if opening else self._ask_peers(local)
        compared = self.topology.primary(local)
        primary = None if compared is None else peers.get(compared)
        lag = None
        if local is not None and local.report.empty:
            self._lag = LagNotes(catching_up=self._beginning is not None and self._is_to_be_filled(local))
        elif local is not None and self.ordinal != compared:
            executed = primary.executed if isinstance(primary, Report) else None
            self._lag = self._lag.observe(now, executed, local.report.executed)
            lag = self._lag.seconds(now)
        return Facts(
            settings=self.settings,
            ordinal=self.ordinal,
            local=local,
            peers=peers,
            seconds_up=now - (self._up_since or now),
            stopping_seconds=self._stopping_seconds(now),
            being_deleted=self._is_being_deleted(),
            lag_seconds=lag,
            catching_up=self._lag.catching_up,
            setbacks=self._setbacks,
            same_seconds=now - self._action_since,
            mark=self._leadership.mark(self.settings, local, peers) if opening and self._leadership else Mark(),
            volume=measure(),
            clock_ahead_seconds=clock.ahead_of_middle(self._peers.clocks_ahead),
        )

    def _ask_peers(self, local: Local | None) -> Mapping[int, Report | Silent]:
        """All of them while anything is to be decided; in steady state what others say may be some seconds old."""
        group = local.report.group if local and not local.offline else None
        trusted = self._up_since is not None and time.monotonic() - self._up_since > TRUST_SECONDS
        changing = group is not None and group.serves and (not group.whole or self._is_awaited(group))
        if trusted and changing and not STOPPING.exists():
            # Who decides within a group that changes needs no reports, and a dead member's would take seconds.
            return self._peers.answers
        if isinstance(self._action, act.Steady) and not STOPPING.exists():
            return self._peers.ask(self.topology.fresh(self.ordinal, local, self._peers.answers))
        return self._peers.ask_all()

    def _is_awaited(self, group: Group) -> bool:
        """Clients wait for this new primary: passwords are tried after it has its label."""
        return group.leads and self._label != "primary"

    def _use_new_settings(self) -> None:
        log("the declared cluster changed", members=self.settings.members)
        self._performer.settings = self.settings
        self._accounts = AccountCheck(self.settings)
        self._peers.close()
        self._peers = Peers(self.settings, self.ordinal, self._kubernetes)

    def _observe(self) -> Local | None:
        try:
            local = self._observer.observe()
            group = local.report.group
            declares = self.topology.declares(self.ordinal, local) and not (group and self._is_awaited(group))
            local = self._accounts.complete(self._watched, local, declares=declares)
            local = replace(local, cloning=local.cloning or self._performer.provisioner.running)
            if self._beginning is not None and self._is_to_be_filled(local):
                version = self._beginning.version(local.report, self.settings)
                local = replace(local, report=replace(local.report, beginning=version))
        except (Unreachable, pymysql.MySQLError, OSError) as error:
            if str(error) != self._silence:
                log("cannot observe mysqld", error=str(error))
            self._silence = str(error)
            self._watched.close()
            self._mysqld.close()
            return None
        self._silence = None
        if local.report.group is not None:
            fallen, serves = local.report.group.state == ERROR, local.report.group.serves
            self._setbacks = self._setbacks.observe(local.apply_failure, fallen=fallen, serves=serves)
        return replace(local, busy=self._performer.busy)

    def _is_to_be_filled(self, local: Local) -> bool:
        return local.report.empty and not local.cloning and self.topology.primary(local) != self.ordinal

    def _stopping_seconds(self, now: float) -> float | None:
        """Since the end of the round that first saw it: only then is it known to everybody."""
        if not STOPPING.exists():
            self._stopping_since = None
            return None
        return now - self._stopping_since if self._stopping_since is not None else 0.0

    def _is_being_deleted(self) -> bool:
        """Whether this pod stops to be deleted. Asked once a stop, so that a silent API server does not hold it up."""
        if self._leadership is None or not STOPPING.exists():
            self._being_deleted = None
            return False
        if self._being_deleted is None:
            self._being_deleted = False
            try:
                seen = self._kubernetes.look(self.settings.pod(self.ordinal))
                self._being_deleted = seen is not None and seen.being_deleted
            except KubernetesError as error:
                log("cannot tell whether this pod is being deleted", error=str(error))
        return self._being_deleted

    def _note(self, action: act.Action) -> None:
        """Log and tell as an Event what is new."""
        known, self._action = self._action, action
        if known is not None and action.doing == known.doing and is_same(action, known):
            return
        self._action_since = time.monotonic()
        log(action.doing, action=type(action).__name__)
        if isinstance(action, WORTH_AN_EVENT):
            kind = "Warning" if isinstance(action, act.Blocked) else "Normal"
            self._tell(type(action).__name__, action.doing, kind)

    def _tell(self, reason: str, message: str, kind: str) -> None:
        self._events.tell(Event(self.settings.pod(self.ordinal), self._pod_uid, reason, message, kind))

    def _perform(self, action: act.Action) -> bool:
        try:
            self._performer.perform(action)
        except (Unreachable, pymysql.MySQLError, OSError) as error:
            log("action failed", action=type(action).__name__, error=str(error))
            self._failure = str(error)
            self._mysqld.close()
            return False
        self._failure = None
        return not isinstance(action, AT_LEISURE)

    def _look_at(self, facts: Facts, action: act.Action) -> Snapshot:
        now = time.monotonic()
        health = self.topology.judge(facts, action)
        self._served_at = now if health.ready else self._served_at
        waited, unserved = now - self._action_since, now - self._served_at
        if facts.local is not None:
            try:
                if self._certificates.look():
                    self._peers.forget_connections()
                    self.certificates_changed()
                    log("certificates reloaded")
            except (Unreachable, pymysql.MySQLError):
                pass  # it went away: what became of it is observed
        return Snapshot(
            facts=facts,
            action=action,
            health=health,
            blocked=attention(facts, action, waited, self._failure, unserved, self._performer.failure),
            warning=clock.warning(facts.clock_ahead_seconds),
            clone=self._copying(facts, now),
            last_error=self._performer.last_error,
            certificate_not_after=self._certificates.not_after,
        )

    def _copying(self, facts: Facts, now: float) -> Cloning | None:
        clone = self._performer.copying(facts)
        rate = self._copy_rate.at(now, clone.done if clone else None)
        return replace(clone, per_second=rate) if clone else None

    def _publish(self, snapshot: Snapshot) -> None:
        """The label first: a pod that becomes ready is then already selected by the right Services."""
        try:
            self._set_label(snapshot.facts, snapshot.health)
        except KubernetesError as error:
            log("cannot set the role label", role=snapshot.health.role, error=str(error))
        try:
            if self._leadership is not None:
                self._leadership.note_held(snapshot.facts, snapshot.health)
        except KubernetesError as error:
            log("cannot note on the claims what the group holds", error=str(error))
        known = self.snapshot and self.snapshot.blocked
        if snapshot.blocked and not known and not isinstance(snapshot.action, act.Blocked):
            self._tell("NeedsAttention", snapshot.blocked, "Warning")
        if snapshot.warning and not (self.snapshot and self.snapshot.warning):
            log(snapshot.warning)
            self._tell("ClockDiffers", snapshot.warning, "Warning")
        if self.snapshot is None or snapshot.health != self.snapshot.health:
            health = snapshot.health
            log("health", role=health.role, ready=health.ready, reason=health.reason)
        self.snapshot = snapshot

    def _set_label(self, facts: Facts, health: Health) -> None:
        """Raises KubernetesError."""
        if self._leadership is not None:
            self._leadership.take_labels(facts, health)
        if health.role != self._label:
            self._change_label(health.role)
        elif self._leadership is not None and health.role == "primary":
            self._leadership.assert_label(self.settings)
        if self._leadership is not None and self._heir is not None:
            self._leadership.give_label(self.settings, self._heir)
            self._kubernetes.label_role(self.settings.pod(self.ordinal), None)
            self._label = None

    def _change_label(self, role: str | None) -> None:
        """What fails half-way is done again as a whole. Raises KubernetesError."""
        pod = self.settings.pod(self.ordinal)
        self._kubernetes.label_role(pod, role)
        if role == "primary":
            if self._leadership is not None:
                self._leadership.take_late_labels()
                self._tell("Primary", "this member is the group's primary", "Normal")
            self._kubernetes.leave_replicas(pod)
        self._label = role
