"""The phases of an in-place restore. Each may be repeated from its beginning: what is done already is found done.

The data: every volume is retained before a member stops (a StatefulSet may be told to delete the claims of members that
it takes away), never written to by the restore, and deleted by nothing but ``remove``. No member runs while volumes
move.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import backups, volume_moves
from .console import say
from .documents import Json, name_of, part, rows, text
from .errors import OperateError
from .kube import Kube
from .pods import is_ready, role
from .restore_plan import job
from .restore_state import InPlace, Phase, as_new, members_claims, volume_of
from .target import Target

MANAGER = "mysql-k8s-restore"
STOP_SECONDS = 900.0
READY_SECONDS = 3600.0


@dataclass(frozen=True)
class Steps:
    """On one cluster."""

    kube: Kube
    target: Target

    # --- the document -------------------------------------------------------------------------------------------------

    @property
    def document(self) -> str:
        return f"{self.target.name}-in-place-restore"

    def read(self) -> InPlace | None:
        found = self.kube.config_map(self.target.namespace, self.document)
        return InPlace.parse(text(found, "data", "state")) if found else None

    def enter(self, state: InPlace) -> InPlace:
        """Note the phase before anything of it is done."""
        self.kube.put_config_map(self.target.namespace, self.document, {"state": state.to_json()})
        say(f"{state.phase} …")
        return state

    def forget(self) -> None:
        self.kube.delete_config_map(self.target.namespace, self.document)

    # --- forwards -----------------------------------------------------------------------------------------------------

    def fill(self, state: InPlace) -> InPlace:
        """Restore into a new claim, beside the cluster. Raises OperateError with the Job's last word if that fails."""
        kube, namespace = self.kube, self.target.namespace
        if kube.claim(namespace, state.restored_claim) is None:
            kube.create_claim(namespace, state.kept(state.restored_claim))
        if kube.job(namespace, state.job) is None:
            cron_job = kube.cron_job(namespace, f"{state.cluster}-backup")
            if cron_job is None:
                raise OperateError(f"CronJob {state.cluster}-backup is gone: run `make up`, then this again.")
            kube.create_job(namespace, job(cron_job, state.job, state.restored_claim, state.environment))
        say(backups.wait_for_job(kube, self.target, state.job))
        restored = volume_of(kube.claim(namespace, state.restored_claim))
        return state.at(Phase.STOPPING, restored=restored, policies=self._policies(state, [restored]))

    def stop(self, state: InPlace) -> InPlace:
        """No member runs afterwards, and every volume outlives its claim."""
        self.kube.delete_job(self.target.namespace, state.job)
        state = self.enter(self._as_it_is_now(state))
        for volume in (*state.volumes.values(), state.restored):
            volume_moves.set_policy(self.kube, volume, "Retain")
        self._scale(0)
        volume_moves.wait_for("the members to stop", lambda: not self._pods(), STOP_SECONDS)
        return state.at(Phase.SWAPPING)

    def _as_it_is_now(self, state: InPlace) -> InPlace:
        """With the members' volumes: filling took long, and a member may have got another one since."""
        present = members_claims(self.kube.claims(self.target.namespace), state.cluster)
        volumes = {**state.volumes, **{name_of(c): volume_of(c) for c in present if volume_of(c)}}
        claims = {**state.claims, **{name_of(c): as_new(c) for c in present}}
        there = {claim: volume for claim, volume in volumes.items() if self.kube.volume(volume) is not None}
        return state.at(state.phase, volumes=there, claims=claims, policies=self._policies(state, there.values()))

    def _policies(self, state: InPlace, volumes: Iterable[str]) -> dict[str, str]:
        """Of every volume the policy that it had before anything was done to it."""
        new = [volume for volume in volumes if volume not in state.policies]
        return {**state.policies, **{volume: volume_moves.policy_of(self.kube, volume) for volume in new}}

    def swap(self, state: InPlace) -> InPlace:
        """The members' volumes get other claims, the restored one gets the first member's."""
        self._refuse_running()
        aside = {state.old_claim(claim): volume for claim, volume in state.volumes.items()}
        for claim, volume in sorted(aside.items()):
            volume_moves.move(self.kube, self.target.namespace, volume, state.kept(claim))
        volume_moves.move(self.kube, self.target.namespace, state.restored, state.first())
        return state.at(Phase.STARTING, aside=aside)

    def start(self, state: InPlace) -> InPlace:
        self._run_again(state)
        volume_moves.set_policy(self.kube, state.restored, state.policies[state.restored])
        return state.at(Phase.RESTORED)

    # --- backwards ----------------------------------------------------------------------------------------------------

    def abandon(self, state: InPlace) -> None:
        """Nothing of the cluster was touched yet: the half-filled volume goes."""
        self.kube.delete_job(self.target.namespace, state.job)
        self.kube.delete_claim(self.target.namespace, state.restored_claim)
        self.forget()

    def put_back(self, state: InPlace) -> InPlace:
        """The members' own volumes again; what was there instead is kept aside."""
        kube, namespace = self.kube, self.target.namespace
        own = state.volumes.values()
        present = {name_of(c): volume_of(c) for c in members_claims(kube.claims(namespace), state.cluster)}
        undone = {state.undone_claim(claim): volume for claim, volume in present.items() if volume not in ("", *own)}
        aside = {claim: volume for claim, volume in {**state.aside, **undone}.items() if volume not in own}
        if state.restored not in aside.values():
            aside[state.restored_claim] = state.restored
        state = self.enter(state.at(state.phase, aside=aside, policies=self._policies(state, aside.values())))
        for volume in (*own, *aside.values()):
            volume_moves.set_policy(kube, volume, "Retain")
        self._scale(0)
        volume_moves.wait_for("the members to stop", lambda: not self._pods(), STOP_SECONDS)
        for claim, volume in sorted(aside.items()):
            volume_moves.move(kube, namespace, volume, state.kept(claim))
        for claim, volume in sorted(state.volumes.items()):
            volume_moves.move(kube, namespace, volume, state.claims[claim])
        self._run_again(state)
        for volume in own:
            volume_moves.set_policy(kube, volume, state.policies[volume])
        return state.at(Phase.RETURNED)

    # --- the end ------------------------------------------------------------------------------------------------------

    def remove(self, state: InPlace) -> None:
        """Delete the volumes that were kept. One that a member uses is not among them, and is looked for once more."""
        kube, namespace = self.kube, self.target.namespace
        used = {volume_of(claim) for claim in members_claims(kube.claims(namespace), state.cluster)}
        for claim, volume in sorted(state.aside.items()):
            if volume in used:
                raise OperateError(f"Volume {volume} is used by a member: nothing more is deleted. Look at {claim}.")
            if kube.volume(volume) is not None:
                volume_moves.set_policy(kube, volume, state.policies.get(volume, "Retain"))
            kube.delete_claim(namespace, claim)
        self.forget()

    # --- members ------------------------------------------------------------------------------------------------------

    def replicas(self) -> int:
        found = self.kube.stateful_set(self.target.namespace, self.target.name)
        return int(text(found, "spec", "replicas") or 0)

    def _run_again(self, state: InPlace) -> None:
        self._scale(state.members)
        volume_moves.wait_for("all members to be ready", lambda: self._all_ready(state.members), READY_SECONDS)
        self._disown()

    def _scale(self, members: int) -> None:
        change: Json = {"spec": {"replicas": members}}
        self.kube.patch_stateful_set(self.target.namespace, self.target.name, change, MANAGER)

    def _disown(self) -> None:
        """Leave the number of members to whoever applies the StatefulSet, who would meet a conflict otherwise."""
        found = self.kube.stateful_set(self.target.namespace, self.target.name)
        others = [each for each in rows(found, "metadata", "managedFields") if text(each, "manager") != MANAGER]
        change: Json = {"metadata": {"managedFields": others}}
        self.kube.patch_stateful_set(self.target.namespace, self.target.name, change, MANAGER)

    def _pods(self) -> list[Json]:
        found = self.kube.stateful_set(self.target.namespace, self.target.name)
        labels = part(found, "spec", "selector", "matchLabels")
        if not labels:
            raise OperateError(f"StatefulSet {self.target.name} is gone. Nothing was changed; look at `make status`.")
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        return self.kube.pods(self.target.namespace, selector)

    def _refuse_running(self) -> None:
        running = [name_of(pod) for pod in self._pods()]
        if running:
            raise OperateError(
                f"{', '.join(running)} run although all members were stopped: somebody has scaled {self.target.name}. "
                "No volume was moved; run this again to stop them."
            )

    def _all_ready(self, members: int) -> bool:
        pods = self._pods()
        ready = [pod for pod in pods if is_ready(pod)]
        return len(ready) == len(pods) == members and any(role(pod) == "primary" for pod in ready)
