"""What a check finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..pods import Container, Pod
from ..values import Json, dig, mapping


@dataclass(frozen=True)
class Problem:
    where: str
    """``the pod``, ``volume 'data'``, ``container 'mysqld'``"""
    field: str
    found: Any
    """UNKNOWN where it cannot be judged yet; None where it is missing"""
    wanted: str


Check = Callable[[Pod], Iterator[Problem]]


def contexts(pod: Pod) -> Iterator[tuple[str, str, Json]]:
    """Every security context, of the pod and of its containers: where, its path, and what it holds."""
    yield "the pod", "securityContext", mapping(pod.spec.get("securityContext"))
    for container in pod.all_containers:
        yield container.title, "securityContext", mapping(container.body.get("securityContext"))


def of_container(container: Container, *path: str) -> Any:
    return dig(container.body, "securityContext", *path)
