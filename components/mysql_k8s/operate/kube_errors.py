"""Turns what the Kubernetes client raises into one plain sentence."""

from __future__ import annotations

import json
from typing import cast

from .documents import Json, sentence, text

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


class RefusedError(Exception):
    """The API server answered, and said no."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.said = _message(body)


def explain(error: BaseException) -> str:
    """One sentence, without the layers of exceptions that wrap the cause."""
    if isinstance(error, RefusedError):
        plain = _STATUSES.get(error.status, "")
        return sentence(": ".join(part for part in (plain, error.said) if part) or f"status {error.status}")
    words = str(getattr(error, "reason", "") or error) or type(error).__name__
    for fragment, plain in _HINTS.items():
        if fragment in words or fragment in str(error):
            return sentence(plain)
    return sentence(words.splitlines()[0])


def _message(body: bytes) -> str:
    try:
        document: object = json.loads(body)
    except ValueError:
        return ""
    return text(cast("Json", document), "message") if isinstance(document, dict) else ""
