"""How far an in-place restore has come: one small document in the cluster, written before each phase begins (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from .documents import Json, name_of, part, text

_SET_BY_KUBERNETES = ("pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/")


class Phase(StrEnum):
    """In this order, or from any of them by ``RETURNING`` to ``RETURNED``."""

    FILLING = "filling a new volume beside the cluster, which goes on"
    STOPPING = "stopping the members"
    SWAPPING = "putting the old volumes aside and the restored one in their place"
    STARTING = "starting the members on the restored data"
    RESTORED = "restored; the old volumes are kept"
    RETURNING = "putting the old volumes back"
    RETURNED = "the old data is back; the restored volumes are kept"
    REMOVING = "deleting the volumes that were kept"


SETTLED = (Phase.RESTORED, Phase.RETURNED)
"""Nothing is half done: the cluster is the one that it seems."""


@dataclass(frozen=True)
class Order:
    """What to restore: a moment, a base backup by its id, or the newest state."""

    until: str = ""
    base: str = ""

    def __str__(self) -> str:
        return f"base backup {self.base}" if self.base else self.until or "the newest state"


@dataclass(frozen=True)
class InPlace:
    """An in-place restore."""

    cluster: str
    stamp: str
    """Part of the names of what is made for it."""
    order: Order
    environment: Mapping[str, str]
    """For the Job."""
    members: int
    claims: Mapping[str, Json]
    """The members' claims before, by name, as they would be made again."""
    volumes: Mapping[str, str]
    """Their volumes."""
    policies: Mapping[str, str]
    """By volume: its reclaim policy before."""
    phase: Phase = Phase.FILLING
    restored: str = ""
    """The volume with the restored data."""
    aside: Mapping[str, str] = field(default_factory=dict[str, str])
    """By claim: the volumes that are kept until somebody lets them go."""

    @property
    def job(self) -> str:
        return f"{self.cluster}-restore-{self.stamp}"

    @property
    def restored_claim(self) -> str:
        return f"restored-{self.cluster}-{self.stamp}"

    def old_claim(self, claim: str) -> str:
        """The name under which the volume of a member's claim is kept."""
        return f"old-{self.stamp}-{claim}"

    def undone_claim(self, claim: str) -> str:
        """The name under which a volume is kept that the restore had put there."""
        return f"undone-{self.stamp}-{claim}"

    @property
    def first_claim(self) -> str:
        return f"data-{self.cluster}-0"

    def first(self) -> Json:
        """The first member's claim, for other data: notes on a claim tell of its data and do not go along."""
        return self._made(self.first_claim, part(self._template(), "metadata", "labels"))

    def kept(self, name: str) -> Json:
        """A claim that is no member's."""
        return self._made(name, {"mysql-k8s/kept-by": self.job})

    def _made(self, name: str, labels: Json) -> Json:
        return {**self._template(), "metadata": {"name": name, "labels": labels}}

    def _template(self) -> Json:
        return self.claims.get(self.first_claim) or next(iter(self.claims.values()))

    def at(self, phase: Phase, **changes: Any) -> InPlace:
        return replace(self, phase=phase, **changes)

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"phase": self.phase.name}, indent=1)

    @staticmethod
    def parse(document: str) -> InPlace:
        raw: dict[str, Any] = json.loads(document)
        fields: dict[str, Any] = {**raw, "phase": Phase[raw["phase"]], "order": Order(**raw["order"])}
        return InPlace(**fields)


def as_new(claim: Json) -> Json:
    """A manifest to make a claim of this kind from."""
    spec = part(claim, "spec")
    kept = {key: spec[key] for key in ("accessModes", "resources", "storageClassName", "volumeMode") if key in spec}
    notes = part(claim, "metadata", "annotations")
    metadata = {
        "name": name_of(claim),
        "labels": part(claim, "metadata", "labels"),
        "annotations": {key: notes[key] for key in notes if not key.startswith(_SET_BY_KUBERNETES)},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": kept}


def members_claims(claims: list[Json], cluster: str) -> list[Json]:
    """The claims of members, also of those that were scaled away."""
    prefix = f"data-{cluster}-"
    names = (name_of(claim) for claim in claims)
    return [
        c for c, name in zip(claims, names, strict=True) if name.startswith(prefix) and name[len(prefix) :].isdigit()
    ]


def volume_of(claim: Json | None) -> str:
    return text(claim, "spec", "volumeName")
