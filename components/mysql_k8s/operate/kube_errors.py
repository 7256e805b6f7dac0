"""Turns what the Kubernetes client raises into one plain sentence."""

from __future__ import annotations

import json
from typing import Any

_HINTS = {
    "certificate verify failed": "its certificate is not signed by the CA in the kubeconfig",
    "Connection refused": "connection refused: is the cluster running?",
    "Name or service not known": "its host name is unknown",
    "nodename nor servname": "its host name is unknown",
    "Temporary failure in name resolution": "its host name cannot be resolved",
    "timed out": "no answer in time",
    "No route to host": "no route to the host",
    "Network is unreachable": "the network is unreachable",
}

_STATUSES = {
    401: "the credentials in the kubeconfig are not accepted (401): they may have expired",
    403: "not allowed (403)",
}


def explain(error: BaseException) -> str:
    """One sentence, without the layers of exceptions that wrap the cause."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and status:
        return _sentence(_api_message(error, status))
    text = str(getattr(error, "reason", "") or error) or type(error).__name__
    for fragment, plain in _HINTS.items():
        if fragment in text or fragment in str(error):
            return _sentence(plain)
    return _sentence(text.splitlines()[0])


def _api_message(error: Any, status: int) -> str:
    said = _body_message(getattr(error, "body", None))
    plain = _STATUSES.get(status)
    if plain and said:
        return f"{plain}: {said}"
    return plain or said or f"{status} {getattr(error, 'reason', '')}"


def _body_message(body: object) -> str:
    if not isinstance(body, str | bytes):
        return ""
    try:
        document: Any = json.loads(body)
        return str(document.get("message", "")).strip()
    except (ValueError, AttributeError):
        return ""


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
