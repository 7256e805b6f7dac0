"""A deployed group: its primary may be any member."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from . import processes
from .deployment import HEAL_SECONDS, Deployment
from .kube import is_member, is_ready, labelled_primary, role_of
from .waiting import NotYet, wait_for


class Labels:
    """How many pods had the primary's label at the same moment, at most."""

    def __init__(self) -> None:
        self.most_primaries = 0


class GroupDeployment(Deployment):
    """One group in a namespace of its own."""

    @staticmethod
    def of(deployment: Deployment) -> GroupDeployment:
        """The same deployment."""
        return GroupDeployment(deployment.kube, deployment.project, deployment.arguments)

    def primary(self) -> int:
        """The ordinal of the pod with the primary's label."""

        def one() -> int:
            found = [pod["metadata"]["name"] for pod in self.kube.pods() if role_of(pod) == "primary"]
            if len(found) != 1:
                raise NotYet(f"the label is on {', '.join(found) or 'no pod'}")
            return int(found[0].rpartition("-")[2])

        return wait_for("one primary", one, HEAL_SECONDS)

    def wait_whole(self, seconds: float = HEAL_SECONDS, *, level: bool = True) -> None:
        """Every member is online, ready and in its Services, and the Services lead to it."""

        def whole() -> None:
            pods = [pod for pod in self.kube.pods() if is_member(pod)]
            roles = {pod["metadata"]["name"]: role_of(pod) if is_ready(pod) else None for pod in pods}
            if sorted(map(str, roles.values())) != ["primary", *["replica"] * (self.members - 1)]:
                raise NotYet(f"roles: {roles}")
            primary = [name for name, role in roles.items() if role == "primary"]
            replicas = sorted(set(roles) - set(primary))
            for suffix, expected in (("primary", primary), ("replicas", replicas), ("read", sorted(roles))):
                found = self.kube.endpoints(f"{self.name}-{suffix}")
                if found != expected:
                    raise NotYet(f"the endpoints of -{suffix} are {found}")
            self._check_states(level)
            self._check_clients()

        wait_for(f"{self.name} in {self.namespace} to be whole", whole, seconds, every=0.5)

    def under_load(self, fault: Callable[[], None]) -> float:
        """The longest time without an acknowledged write while the fault lasts and heals. Nothing may be lost."""
        with self.watch_labels() as seen, self.load(writers=2) as load:
            fault()
            load.wait_for_writes(more=100, seconds=HEAL_SECONDS)
            self.wait_whole(level=False)
        self.wait_whole()
        self.check(load)
        assert seen.most_primaries == 1, "two pods had the primary's label"
        return load.longest_gap

    def kill_every_mysqld(self) -> None:
        """Numbers first: every one is to die at the same moment."""
        pids = [processes.mysqld_pid(self.namespace, self.pod(ordinal)) for ordinal in self.ordinals]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    @contextmanager
    def watch_labels(self) -> Generator[Labels]:
        """Look at the pods' labels again and again until the `with` block ends."""
        labels, over = Labels(), threading.Event()

        def look() -> None:
            while not over.wait(0.1):
                labels.most_primaries = max(labels.most_primaries, len(labelled_primary(self.kube.pods())))

        watching = threading.Thread(target=look, daemon=True)
        watching.start()
        try:
            yield labels
        finally:
            over.set()
            watching.join(30)
