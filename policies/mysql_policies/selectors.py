"""Label selectors (Kubernetes: LabelSelector)."""

from __future__ import annotations

from typing import Any

from .values import Json, has_unknown, mapping, mappings, sequence


def selects(selector: Any, labels: Json) -> bool | None:
    """Whether ``selector`` matches; None if that is not known yet. An empty one matches all, an absent one nothing."""
    if not isinstance(selector, dict):
        return None if has_unknown(selector) else False
    if has_unknown(selector) or has_unknown(labels):
        return None
    body: Json = mapping(selector)
    equal = all(labels.get(key) == value for key, value in mapping(body.get("matchLabels")).items())
    return equal and all(_holds(each, labels) for each in mappings(body.get("matchExpressions")))


def _holds(expression: Json, labels: Json) -> bool:
    key, values = expression.get("key"), sequence(expression.get("values"))
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values if key in labels else False
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False
