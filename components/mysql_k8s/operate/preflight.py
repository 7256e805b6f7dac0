"""After a deployment: can the backups be stored? Asked of the keeper, which tries it."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import backups
from .diagnose import diagnose
from .documents import Json, text
from .errors import OperateError
from .kube import Kube
from .pods import is_ending, is_outdated
from .problems import Observed
from .target import Target

KEEPER_SECONDS = 180.0
LASTING_SECONDS = 20.0
"""A keeper that has just started may find a Secret or a claim that comes a moment later."""
_POLL_SECONDS = 2.0
_NOT_YET = "not looked at yet"


def check(kube: Kube, target: Target, say: Callable[[str], None]) -> None:
    """Raises OperateError with the reason if backups cannot be stored. Nothing to do where there are none."""
    if kube.stateful_set(target.namespace, f"{target.name}-backup") is None:
        return
    say("Asking the keeper of the backups whether their target can be used …")
    began = time.monotonic()
    while True:
        problem = _look(kube, target)
        if not problem:
            return
        waited = time.monotonic() - began
        patience = KEEPER_SECONDS if problem == _NOT_YET else LASTING_SECONDS
        if waited > patience:
            raise OperateError(
                f"The cluster is deployed, but its backups cannot be stored: {in_words(problem, target)}"
            )
        time.sleep(_POLL_SECONDS)


def _look(kube: Kube, target: Target) -> str:
    selector = f"app.kubernetes.io/name=mysql-backup,app.kubernetes.io/instance={target.name}"
    pods = kube.pods(target.namespace, f"{selector},app.kubernetes.io/component=keeper")
    keeper = kube.stateful_set(target.namespace, f"{target.name}-backup")
    if not pods or any(is_ending(pod) or is_outdated(pod, keeper) for pod in pods) or not is_seen(keeper):
        return _NOT_YET
    wrong = diagnose(Observed(pods=pods, claims=kube.claims(target.namespace), events=kube.events(target.namespace)))
    if wrong:
        return str(wrong[0])
    try:
        return said(backups.ask_keeper(kube, target, "state"))
    except OperateError:
        return _NOT_YET


def is_seen(stateful_set: Json | None) -> bool:
    """Whether the controller knows what was just deployed (pure): before that, an earlier keeper would answer."""
    return text(stateful_set, "status", "observedGeneration") == text(stateful_set, "metadata", "generation")


def in_words(problem: str, target: Target) -> str:
    if problem != _NOT_YET:
        return problem
    return (
        f"their keeper has not tried the target within {KEEPER_SECONDS:.0f} s. "
        f"See kubectl --namespace {target.namespace} logs {target.name}-backup-0 -c backup."
    )


def said(state: Json) -> str:
    """What the keeper finds wrong with the target (pure); one of an earlier release does not tell."""
    return text(state, "target")
