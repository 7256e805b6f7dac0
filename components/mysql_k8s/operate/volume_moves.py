"""Moves a volume with its data from one claim to another. Claims cannot be renamed; but a volume that is retained
outlives its claim and can be bound to the next one.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .documents import Json, name_of, part, text
from .errors import OperateError
from .kube import Kube
from .restore_state import volume_of

WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.5


def policy_of(kube: Kube, volume: str) -> str:
    """Its reclaim policy. Raises OperateError if the volume is not there."""
    return text(_present(kube, volume), "spec", "persistentVolumeReclaimPolicy")


def set_policy(kube: Kube, volume: str, policy: str) -> None:
    """``Retain``, or what it was before."""
    kube.patch_volume(volume, {"spec": {"persistentVolumeReclaimPolicy": policy}})


def refuse_unless_allowed(kube: Kube, volume: str) -> None:
    """Volumes belong to no namespace: whoever restores in place must be allowed to change them."""
    try:
        kube.patch_volume(volume, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}, only_ask=True)
    except OperateError as error:
        raise OperateError(
            f"An in-place restore must change PersistentVolumes, such as {volume}: {error.message} Restore into a new "
            "cluster instead, with the argument `restore`."
        ) from error


def move(kube: Kube, namespace: str, volume: str, claim: Json) -> None:
    """Bind ``volume`` to ``claim``, a manifest, and delete the claim that has it. After a crash: again.

    Raises OperateError, before anything is deleted, if the volume would not outlive its claim, or another one is bound.
    """
    name = name_of(claim)
    found = _present(kube, volume)
    if text(found, "spec", "persistentVolumeReclaimPolicy") != "Retain":
        raise OperateError(f"Volume {volume} is not retained: it would be deleted with its claim. Nothing was moved.")
    there = kube.claim(namespace, name)
    if there is not None and volume_of(there) != volume:
        raise OperateError(f"Claim {name} exists with another volume ({volume_of(there)}): move that one first.")
    bound = part(found, "spec", "claimRef")
    if text(bound, "name") != name or (there is None and text(bound, "uid")):
        _let_go(kube, namespace, volume, text(bound, "name"))
        reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name}
        kube.patch_volume(volume, {"spec": {"claimRef": {**reference, "uid": None, "resourceVersion": None}}})
    if there is None:
        kube.create_claim(namespace, {**claim, "spec": {**part(claim, "spec"), "volumeName": volume}})
    wait_for(f"claim {name} to be bound", lambda: text(kube.claim(namespace, name), "status", "phase") == "Bound")


def _let_go(kube: Kube, namespace: str, volume: str, claim: str) -> None:
    if claim and volume_of(kube.claim(namespace, claim)) == volume:
        kube.delete_claim(namespace, claim)
        wait_for(f"claim {claim} to go", lambda: volume_of(kube.claim(namespace, claim)) != volume)


def _present(kube: Kube, volume: str) -> Json:
    found = kube.volume(volume)
    if found is None:
        raise OperateError(f"Volume {volume} does not exist.")
    return found


def wait_for(what: str, condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    """Raises OperateError after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise OperateError(f"Waited {seconds:.0f} s in vain for {what}. The same command goes on from here.")
        time.sleep(_POLL_SECONDS)
