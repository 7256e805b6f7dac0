"""The three things the agent asks of the Kubernetes API: label a pod, look for a claim, write an Event."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ROLE_LABEL = "mysql-k8s/role"
TIMEOUT_SECONDS = 5


class KubernetesError(Exception):
    """The API server could not be asked, or refused."""


class Kubernetes:
    """A small client of the API server, with the pod's own service account."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._host = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
        self._port = int(os.environ.get("KUBERNETES_SERVICE_PORT", "443"))

    def label_role(self, pod: str, role: str | None) -> None:
        """Set a pod's role label, or remove it for None. Raises KubernetesError."""
        patch = {"metadata": {"labels": {ROLE_LABEL: role}}}
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod}"
        self._ask("PATCH", path, patch, "application/merge-patch+json", accept=(200,))

    def claim_exists(self, claim: str) -> bool:
        """Whether a volume claim exists. Raises KubernetesError if that cannot be told."""
        path = f"/api/v1/namespaces/{self._namespace}/persistentvolumeclaims/{claim}"
        return self._ask("GET", path, accept=(200, 404)) == 200

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

    def _ask(
        self, method: str, path: str, body: Any = None, kind: str = "application/json", *, accept: tuple[int, ...]
    ) -> int:
        try:
            context = ssl.create_default_context(cafile=str(ACCOUNT_FOLDER / "ca.crt"))
            token = (ACCOUNT_FOLDER / "token").read_text(encoding="utf-8").strip()
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read(2000).decode(errors="replace")
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise KubernetesError(f"{method} {path}: {error}") from error
        if response.status not in accept:
            raise KubernetesError(f"{method} {path}: {response.status} {text}")
        return response.status
