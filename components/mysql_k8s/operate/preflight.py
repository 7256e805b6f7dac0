"""After a deployment: can the backups be stored? Asked of the keeper, which tries it."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import backups
from .diagnose import diagnose
from .documents import Json, text
from .errors import OperateError
from .kube import Kube
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
            raise OperateError(f"The cluster is deployed, but its backups cannot be stored: {problem}")
        time.sleep(_POLL_SECONDS)


def _look(kube: Kube, target: Target) -> str:
    selector = f"app.kubernetes.io/name=mysql-backup,app.kubernetes.io/instance={target.name}"
    pods = kube.pods(target.namespace, f"{selector},app.kubernetes.io/component=keeper")
    wrong = diagnose(Observed(pods=pods, claims=kube.claims(target.namespace), events=kube.events(target.namespace)))
    if wrong:
        return str(wrong[0])
    try:
        return said(backups.ask_keeper(kube, target, "state"))
    except OperateError:
        return _NOT_YET


def said(state: Json) -> str:
    """What the keeper finds wrong with the target (pure); one of an earlier release does not tell."""
    return text(state, "target")
