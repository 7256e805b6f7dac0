"""The few things the agent asks of the Kubernetes API: labels of pods, notes on claims, Events."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ROLE_LABEL = "mysql-k8s/role"
REPLICA_LABEL = "mysql-k8s/replica"
"""What the Service `-replicas` selects."""
LABEL_PATH = "/metadata/labels/" + ROLE_LABEL.replace("/", "~1")
HELD_ANNOTATION = "mysql-k8s/held"
TIMEOUT_SECONDS = 5
KEPT_SECONDS = 1.5
"""How long an answer over a kept connection may take before a new one is tried. What is asked may be asked twice."""
CLOSED_BY_SERVER = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)
"""What using a kept connection raises after the server has closed it."""
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class KubernetesError(Exception):
    """The API server could not be asked, or refused."""


@dataclass(frozen=True)
class PodSeen:
    """What the agents ask about a pod."""

    role: str | None
    """The value of its role label."""
    being_deleted: bool


class Kubernetes:
    """A small client of the API server, with the pod's own service account. Not thread-safe.

    The connection is kept: a handshake takes longer than all the rest, and a new primary's label is waited for.
    """

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._connection: http.client.HTTPSConnection | None = None
        self._host = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
        self._port = int(os.environ.get("KUBERNETES_SERVICE_PORT", "443"))

    def label_role(self, pod: str, role: str | None) -> None:
        """Set a pod's role label, or remove it for None. Raises KubernetesError.

        A new primary gets into `-primary` first and leaves `-replicas` after that, see ``leave_replicas``: kube-proxy
        passes the first change on at once, whatever Service it is of, and the next one only a second later.
        """
        labels: dict[str, str | None] = {ROLE_LABEL: role}
        if role != "primary":
            labels[REPLICA_LABEL] = "true" if role == "replica" else None
        self._label(pod, labels)

    def leave_replicas(self, pod: str) -> None:
        """Take a primary's pod out of what `-replicas` selects. Raises KubernetesError."""
        self._label(pod, {REPLICA_LABEL: None})

    def _label(self, pod: str, labels: dict[str, str | None]) -> None:
        self._ask("PATCH", self._pod(pod), {"metadata": {"labels": labels}}, MERGE_PATCH, accept=(200,))

    def take_role(self, pod: str, role: str) -> None:
        """Remove a pod's role label if it is ``role``; leave any other one alone. Raises KubernetesError."""
        self._if_role(pod, role, {"op": "remove", "path": LABEL_PATH})

    def exchange_role(self, pod: str, old: str, new: str) -> None:
        """Set a pod's role label to ``new`` if it is ``old``; leave any other one alone. Raises KubernetesError."""
        self._if_role(pod, old, {"op": "replace", "path": LABEL_PATH, "value": new})

    def look(self, pod: str) -> PodSeen | None:
        """How a pod is labelled and whether it is being deleted; None if there is none. Raises KubernetesError.

        A patch that changes nothing answers with the pod, so that the agents need no permission to read pods.
        """
        status, text = self._ask("PATCH", self._pod(pod), {}, MERGE_PATCH, accept=(200, 404))
        if status != http.client.OK:
            return None
        metadata = json.loads(text)["metadata"]
        return PodSeen(metadata.get("labels", {}).get(ROLE_LABEL), "deletionTimestamp" in metadata)

    def _if_role(self, pod: str, role: str, change: dict[str, str]) -> None:
        patch = [{"op": "test", "path": LABEL_PATH, "value": role}, change]
        # 422: the test failed; 404: there is no such pod.
        self._ask("PATCH", self._pod(pod), patch, JSON_PATCH, accept=(200, 404, 422))

    def claim_exists(self, claim: str) -> bool:
        """Whether a volume claim exists. Raises KubernetesError if that cannot be told."""
        return self._ask("GET", self._claim(claim), accept=(200, 404))[0] == 200

    def note_held(self, claim: str, held: str) -> None:
        """Note on a claim, if it exists, what its group holds. Raises KubernetesError."""
        patch = {"metadata": {"annotations": {HELD_ANNOTATION: held}}}
        self._ask("PATCH", self._claim(claim), patch, MERGE_PATCH, accept=(200, 404))

    def held(self, claim: str) -> str | None:
        """The note on a claim; None if there is no note or no claim. Raises KubernetesError."""
        status, text = self._ask("GET", self._claim(claim), accept=(200, 404))
        if status != http.client.OK:
            return None
        annotations: dict[str, str] = json.loads(text)["metadata"].get("annotations", {})
        return annotations.get(HELD_ANNOTATION)

    def write_event(self, pod: str, pod_uid: str, reason: str, message: str, kind: str) -> None:
        """Write an Event about a pod; ``kind`` is Normal or Warning. Raises KubernetesError."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "metadata": {"name": f"{pod}.{time.time_ns():x}", "namespace": self._namespace},
            "involvedObject": {
                "apiVersion": "v1", "kind": "Pod", "name": pod, "namespace": self._namespace, "uid": pod_uid,
            },
            "reason": reason, "message": message[:1000], "type": kind, "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "source": {"component": "mysql-k8s-agent"},
        }  # fmt: skip
        self._ask("POST", f"/api/v1/namespaces/{self._namespace}/events", event, accept=(201,))

    def _pod(self, name: str) -> str:
        return f"/api/v1/namespaces/{self._namespace}/pods/{name}"

    def _claim(self, name: str) -> str:
        return f"/api/v1/namespaces/{self._namespace}/persistentvolumeclaims/{name}"

    def _ask(
        self, method: str, path: str, body: Any = None, kind: str = "application/json", *, accept: tuple[int, ...]
    ) -> tuple[int, str]:
        sent = json.dumps(body) if body is not None else None
        fresh = self._connection is None
        try:
            try:
                status, text = self._exchange(method, path, sent, kind)
            except (*CLOSED_BY_SERVER, TimeoutError):
                if fresh:
                    raise
                self._close()  # it was idle for too long, or the way to the server is another now
                status, text = self._exchange(method, path, sent, kind)
        except (OSError, http.client.HTTPException) as error:
            self._close()
            raise KubernetesError(f"{method} {path}: {error}") from error
        if status not in accept:
            raise KubernetesError(f"{method} {path}: {status} {text[:2000]}")
        return status, text

    def _exchange(self, method: str, path: str, body: str | None, kind: str) -> tuple[int, str]:
        if self._connection is None:
            context = ssl.create_default_context(cafile=str(ACCOUNT_FOLDER / "ca.crt"))
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
            )
        elif self._connection.sock is not None:
            self._connection.sock.settimeout(KEPT_SECONDS)
        token = (ACCOUNT_FOLDER / "token").read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return response.status, response.read().decode(errors="replace")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
