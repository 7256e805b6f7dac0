"""Watches the pods while pulumi waits for them, and ends the wait when one of them cannot start by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from . import observe, progress, routers
from .diagnose import diagnose
from .documents import Json, name_of
from .errors import OperateError
from .kube import Kube
from .patience import Patience
from .pods import is_outdated, is_ready
from .problems import Kind, Observed, Problem
from .target import Target

GRACE_SECONDS = 25.0
GAP_SECONDS = 20.0
LOOK_SECONDS = 2.0
ASK_AGENTS_SECONDS = 6.0


class Process(Protocol):
    def wait(self, seconds: float | None) -> int | None: ...
    def end(self) -> int: ...


@dataclass(frozen=True)
class Outcome:
    status: int
    problem: Problem | None = None
    log: list[str] = field(default_factory=list[str])


@dataclass
class Watch:
    """The side of the watch that talks to the cluster."""

    kube: Kube
    target: Target
    say: Callable[[str], None]
    patience: Patience[Problem] = field(default_factory=lambda: Patience(GRACE_SECONDS, GAP_SECONDS, _identity))
    _said: dict[str, str] = field(default_factory=dict[str, str])
    _next_question: float = 0.0
    _states: dict[str, Json] = field(default_factory=dict[str, Json])

    def run(self, process: Process) -> Outcome:
        """Wait for the process; interrupt it when a problem has lasted."""
        while (status := process.wait(LOOK_SECONDS)) is None:
            problem = self._lasting(self._look())
            if problem is not None:
                self.say("This will not pass by itself: interrupting pulumi.")
                process.end()
                return Outcome(1, problem, self._log(problem))
        return Outcome(status)

    def _look(self) -> Observed:
        """A cluster that cannot be asked for a moment is pulumi's to complain about."""
        try:
            seen = observe.objects(self.kube, self.target)
        except OperateError:
            return Observed()
        if (now := time.monotonic()) >= self._next_question:
            self._next_question = now + ASK_AGENTS_SECONDS
            waiting = [pod for pod in seen.pods if not is_ready(pod)]
            self._states = observe.ask(self.kube, self.target.namespace, waiting).states
        seen = replace(seen, states=self._states)
        lines = progress.lines(seen)
        for line in progress.changed(self._said, lines):
            self.say(line)
        self._said = lines
        return seen

    def _lasting(self, seen: Observed) -> Problem | None:
        for problem in self.patience.lasted([*diagnose(seen), *self._of_routers()], time.monotonic()):
            pod = next((pod for pod in seen.pods if name_of(pod) == problem.pod), None)
            if pod is None or not is_outdated(pod, seen.stateful_set):
                return problem
            self._make_way(problem)
        return None

    def _of_routers(self) -> list[Problem]:
        try:
            return routers.problems(self.kube, self.target)
        except OperateError:
            return []

    def _make_way(self, problem: Problem) -> None:
        """A pod of an earlier revision that cannot start holds up an ordered update: Kubernetes waits for it."""
        if problem.kind is Kind.BLOCKED or problem.pod is None:
            return
        self.say(f"{problem.pod}: is of an earlier revision and cannot start; deleting it so that the new one can")
        self.kube.delete_pod(self.target.namespace, problem.pod)

    def _log(self, problem: Problem) -> list[str]:
        if problem.kind is not Kind.CRASH or problem.pod is None or problem.container is None:
            return []
        try:
            return self.kube.log_tail(self.target.namespace, problem.pod, problem.container)
        except OperateError:
            return []


def _identity(problem: Problem) -> tuple[str, str, Kind]:
    return problem.where, problem.uid, problem.kind
