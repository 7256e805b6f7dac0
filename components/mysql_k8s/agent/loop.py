"""The agent's loop: observe, decide, act, publish; once a second, or at once after something was done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pymysql

from . import actions as act
from . import mounted
from .account_check import AccountCheck
from .decide import PRIMARY, decide
from .facts import Facts, Local, Report, Silent
from .health import Health, judge
from .kubernetes import Kubernetes, KubernetesError
from .lag import LagNotes
from .mysqld import Mysqld, Unreachable
from .observe import Observer, certificate_not_after, clone_progress
from .peers import Peers
from .perform import Performer
from .settings import RUN_FOLDER, TLS_FOLDER, Settings, SettingsFile
from .state import Cloning, Snapshot
from .volume import measure

TICK_SECONDS = 1.0
FAILING_SECONDS = 30.0
"""A step that has failed for so long will not succeed by itself."""
STOPPING = RUN_FOLDER / "stopping"
WORTH_AN_EVENT = (act.Bootstrap, act.Clone, act.Follow, act.RefetchRelayLog, act.MakeWritable, act.Blocked)


def log(message: str, **details: object) -> None:
    """One line of JSON on standard output. Never given a password."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(json.dumps({"time": now, "message": message, **details}), flush=True)


class Agent:
    """Holds what must outlive a tick: connections, the lag's notes, and what was published last."""

    def __init__(self, declared: SettingsFile, ordinal: int, pod_uid: str) -> None:
        self.ordinal = ordinal
        self.beat = time.monotonic()
        self.snapshot: Snapshot | None = None
        self.certificates_changed: Callable[[], None] = lambda: None
        """Called when the mounted certificates are others than before."""
        self._declared = declared
        self._pod_uid = pod_uid
        self._mysqld = Mysqld()
        self._observer = Observer(self._mysqld, ordinal, semi_sync=self.settings.semi_sync)
        self._performer = Performer(self.settings, self._mysqld)
        self._accounts = AccountCheck(self.settings)
        self._kubernetes = Kubernetes(self.settings.namespace)
        self._peers = Peers(self.settings, ordinal, self._kubernetes)
        self._silence: str | None = None
        self._lag = LagNotes()
        self._up_since: float | None = None
        self._stopping_since: float | None = None
        self._action: act.Action | None = None
        self._action_since = time.monotonic()
        self._failure: str | None = None
        self._label: str | None = "unknown"
        self._certificates = mounted.version(TLS_FOLDER)
        self._certificate_of: tuple[int, str] | None = None
        self._certificate_not_after: str | None = None

    @property
    def settings(self) -> Settings:
        """The cluster as declared now."""
        return self._declared.settings

    def run(self) -> None:
        """Tick for ever."""
        while True:
            started = time.monotonic()
            done_something = self.tick()
            if not done_something:
                time.sleep(max(0.0, TICK_SECONDS - (time.monotonic() - started)))

    def tick(self) -> bool:
        """One round. Returns whether something was done, so that the next step is due at once."""
        if self._declared.renew():
            self._use_new_settings()
        facts = self.gather()
        action = decide(facts)
        self._note(action)
        done = self._perform(action)
        self._publish(self._look_at(facts, action))
        self.beat = time.monotonic()
        return done

    def gather(self) -> Facts:
        """Own facts first, then the others': what they report is never older than what this member says of itself."""
        now = time.monotonic()
        local = self._observe()
        if local is None:
            self._up_since = None
        elif self._up_since is None:
            self._up_since = now
        peers = self._ask_peers(local)
        primary = peers.get(PRIMARY)
        lag = None
        if local is not None and not local.report.empty and self.ordinal != PRIMARY:
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
            lag_seconds=lag,
            volume=measure(),
        )

    def _ask_peers(self, local: Local | None) -> Mapping[int, Report | Silent]:
        """All of them while anything is to be decided; in steady state what others say may be some seconds old.

        Only the primary's own report must always be fresh: a replica compares itself with it.
        """
        opening = self.ordinal == PRIMARY and local is not None and not local.report.writable
        if opening:
            return self._peers.with_claims(self._peers.ask_all())
        if isinstance(self._action, act.Steady) and not STOPPING.exists():
            return self._peers.ask(fresh=[] if self.ordinal == PRIMARY else [PRIMARY])
        return self._peers.ask_all()

    def _use_new_settings(self) -> None:
        log("the declared cluster changed", members=self.settings.members)
        self._performer.settings = self.settings
        self._accounts = AccountCheck(self.settings)
        self._peers.close()
        self._peers = Peers(self.settings, self.ordinal, self._kubernetes)

    def _observe(self) -> Local | None:
        try:
            local = self._observer.observe()
            local = self._accounts.complete(self._mysqld, local, declares=self.ordinal == PRIMARY)
        except (Unreachable, pymysql.MySQLError, OSError) as error:
            if str(error) != self._silence:
                log("cannot observe mysqld", error=str(error))
            self._silence = str(error)
            self._mysqld.close()
            return None
        self._silence = None
        return replace(local, cloning=local.cloning or self._performer.cloning)

    def _stopping_seconds(self, now: float) -> float | None:
        if not STOPPING.exists():
            self._stopping_since = None
            return None
        self._stopping_since = self._stopping_since or now
        return now - self._stopping_since

    def _note(self, action: act.Action) -> None:
        """Log and tell as an Event what is new."""
        if self._action is not None and type(action) is type(self._action) and action.doing == self._action.doing:
            return
        self._action, self._action_since = action, time.monotonic()
        log(action.doing, action=type(action).__name__)
        if isinstance(action, WORTH_AN_EVENT):
            kind = "Warning" if isinstance(action, act.Blocked) else "Normal"
            try:
                pod = self.settings.pod(self.ordinal)
                self._kubernetes.write_event(pod, self._pod_uid, type(action).__name__, action.doing, kind)
            except KubernetesError as error:
                log("cannot write an Event", error=str(error))

    def _perform(self, action: act.Action) -> bool:
        try:
            self._performer.perform(action)
        except (Unreachable, pymysql.MySQLError, OSError) as error:
            log("action failed", action=type(action).__name__, error=str(error))
            self._failure = str(error)
            self._mysqld.close()
            return False
        self._failure = None
        return not isinstance(action, (act.Steady, act.Wait, act.Blocked, act.Clone, act.AllowStop))

    def _look_at(self, facts: Facts, action: act.Action) -> Snapshot:
        waited = time.monotonic() - self._action_since
        impatient = isinstance(action, act.Wait) and action.patience is not None and waited > action.patience
        failing = f"{action.doing}; {self._failure}" if self._failure and waited > FAILING_SECONDS else None
        clone = None
        if facts.local is not None:
            try:
                self._look_at_certificates()
                if facts.local.cloning and self._performer.clone_donor is not None:
                    donor = self.settings.pod(self._performer.clone_donor)
                    clone = Cloning(donor, *clone_progress(self._mysqld))
            except (Unreachable, pymysql.MySQLError) as error:
                log("mysqld went away", error=str(error))
        return Snapshot(
            facts=facts,
            action=action,
            health=judge(facts, action),
            blocked=action.doing if impatient or isinstance(action, act.Blocked) else failing,
            clone=clone,
            clone_error=self._performer.clone_error,
            certificate_not_after=self._certificate_not_after,
        )

    def _publish(self, snapshot: Snapshot) -> None:
        """The label first: a pod that becomes ready is then already selected by the right Services."""
        self._set_label(snapshot.health)
        if self.snapshot is None or snapshot.health != self.snapshot.health:
            health = snapshot.health
            log("health", role=health.role, ready=health.ready, reason=health.reason)
        self.snapshot = snapshot

    def _set_label(self, health: Health) -> None:
        if health.role == self._label:
            return
        try:
            self._kubernetes.label_role(self.settings.pod(self.ordinal), health.role)
            self._label = health.role
        except KubernetesError as error:
            log("cannot set the role label", role=health.role, error=str(error))

    def _look_at_certificates(self) -> None:
        version = mounted.version(TLS_FOLDER)
        if version != self._certificates:
            self._performer.reload_certificates()
            self._peers.forget_connections()
            self.certificates_changed()
            self._certificates = version
            log("certificates reloaded")
        if self._certificate_of != (self._mysqld.generation, version):
            self._certificate_not_after = certificate_not_after(self._mysqld)
            self._certificate_of = (self._mysqld.generation, version)
