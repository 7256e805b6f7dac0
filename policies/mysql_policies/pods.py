"""The pods that an object declares, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .manifest import Manifest
from .rule import NotKnown
from .values import UNKNOWN, Json, dig, mapping, sequence

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "StatefulSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_GROUPS = {"core", "apps", "batch", "extensions"}
_LISTS = {"containers": "container", "initContainers": "init container", "ephemeralContainers": "ephemeral container"}


@dataclass(frozen=True)
class Container:
    body: Json
    role: str
    """``container``, ``init container`` or ``ephemeral container``"""
    place: str
    """the path within the object, such as ``spec.template.spec.containers[0]``"""

    @property
    def name(self) -> str:
        name = self.body.get("name")
        return name if isinstance(name, str) else "?"

    @property
    def title(self) -> str:
        return f"{self.role} '{self.name}'"

    @property
    def sidecar(self) -> bool:
        """An init container that goes on running beside the others."""
        return self.role == "init container" and self.body.get("restartPolicy") == "Always"


@dataclass(frozen=True)
class Pod:
    owner: Manifest
    metadata: Json
    spec: Json
    not_known: tuple[NotKnown, ...]
    """The parts of the pod itself that are not known yet."""
    all_containers: tuple[Container, ...]

    @property
    def containers(self) -> list[Container]:
        return [each for each in self.all_containers if each.role == "container"]

    @property
    def labels(self) -> Json:
        return mapping(self.metadata.get("labels"))

    @property
    def annotations(self) -> Json:
        return mapping(self.metadata.get("annotations"))

    @property
    def windows(self) -> bool:
        return dig(self.spec, "os", "name") == "windows"


def pod_of(manifest: Manifest) -> Pod | None:
    """The pod that ``manifest`` is or is the template of; nothing for other kinds."""
    if manifest.group not in _GROUPS or manifest.kind not in _TEMPLATES:
        return None
    path = _TEMPLATES[manifest.kind]
    template: Any = dig(manifest.body, *path)
    spec: Any = dig(template, "spec")
    where = ".".join((*path, "spec"))
    not_known = [NotKnown(f"{where} of {manifest.title}")] if spec is UNKNOWN else []
    containers: list[Container] = []
    for key, role in _LISTS.items():
        listed = dig(spec, key)
        if spec is not UNKNOWN and (listed is UNKNOWN or UNKNOWN in sequence(listed)):
            not_known.append(NotKnown(f"{where}.{key} of {manifest.title}"))
        containers += (
            Container(mapping(body), role, f"{where}.{key}[{index}]")
            for index, body in enumerate(sequence(listed))
            if isinstance(body, dict)
        )
    return Pod(manifest, mapping(dig(template, "metadata")), mapping(spec), tuple(not_known), tuple(containers))


def pods_in(stack: list[Manifest]) -> Iterator[Pod]:
    for manifest in stack:
        if pod := pod_of(manifest):
            yield pod
