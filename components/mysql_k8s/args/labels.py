"""Labels, annotations and node selectors as Kubernetes takes them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from .base import misfit

_OWN_LABELS = ("app.kubernetes.io/", "mysql-k8s/")
_LABEL_KEY = re.compile(r"([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?")


def _check(argument: str, key: str, value: str) -> None:
    if not _LABEL_KEY.fullmatch(key):
        raise misfit(f"{argument}.{key}", value, "is not a label's name; write [prefix/]name, such as example.com/team")
    if not _LABEL_VALUE.fullmatch(value):
        raise misfit(f"{argument}.{key}", value, "is not a label's value; use up to 63 letters, digits, '-', '_', '.'")


def _allowed_labels(labels: dict[str, str]) -> dict[str, str]:
    for key, value in labels.items():
        if key.startswith(_OWN_LABELS):
            raise misfit(f"labels.{key}", value, "the library sets the labels below this prefix; use another one")
        _check("labels", key, value)
    return labels


def _allowed_annotations(annotations: dict[str, str]) -> dict[str, str]:
    for key in annotations:
        if not _LABEL_KEY.fullmatch(key):
            raise misfit(f"annotations.{key}", "...", "is not an annotation's name; write [prefix/]name")
    return annotations


def _allowed_selector(selector: dict[str, str]) -> dict[str, str]:
    for key, value in selector.items():
        _check("scheduling.node_selector", key, value)
    return selector


Labels = Annotated[dict[str, str], AfterValidator(_allowed_labels)]
Annotations = Annotated[dict[str, str], AfterValidator(_allowed_annotations)]
NodeSelector = Annotated[dict[str, str], AfterValidator(_allowed_selector)]
