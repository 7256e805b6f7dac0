"""Which MySQL cluster a stack is about: its name and namespace (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .documents import text

DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True)
class Target:
    name: str
    namespace: str


def declared(program: Mapping[str, Any], config: Mapping[str, Any]) -> Target:
    """What Pulumi.yaml and the stack file say: `<project>:name` and the namespace in `<project>:cluster`."""
    project = text(program, "name")
    own = {key.removeprefix(f"{project}:"): value for key, value in config.items()}
    default = text(program, "config", "name", "default") or text(program, "config", f"{project}:name", "default")
    return Target(
        text(own, "name") or default or project,
        text(own, "cluster", "namespace") or DEFAULT_NAMESPACE,
    )


def deployed(outputs: Mapping[str, Any], otherwise: Target) -> Target:
    """What the stack's outputs say; a first run that did not end has none yet."""
    return Target(text(outputs, "name") or otherwise.name, text(outputs, "namespace") or otherwise.namespace)


def context(config: Mapping[str, Any]) -> str | None:
    """The kubeconfig context that the stack chooses."""
    return text(config, "kubernetes:context") or None
