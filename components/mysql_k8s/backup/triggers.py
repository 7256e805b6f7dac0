"""Starts a base backup at once: a Job made from the CronJob, through the Kubernetes API."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .settings import Settings

ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TIMEOUT_SECONDS = 5


def base_backup_now(settings: Settings, say: Callable[[str], None]) -> None:
    """What cannot be done now is said and left to the schedule."""
    path = f"/apis/batch/v1/namespaces/{settings.namespace}"
    try:
        status, cron_job = _ask("GET", f"{path}/cronjobs/{settings.cron_job}")
        if status == http.client.OK:
            status, _ = _ask("POST", f"{path}/jobs", job_from(cron_job))
        say(f"a base backup was asked for: {status}")
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        say(f"a base backup could not be asked for: {error}")


def job_from(cron_job: dict[str, Any]) -> dict[str, Any]:
    """What `kubectl create job --from=cronjob/...` makes (pure)."""
    template, meta = cron_job["spec"]["jobTemplate"], cron_job["metadata"]
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": meta["name"], "uid": meta["uid"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            **template.get("metadata", {}),
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "ownerReferences": [owner],
        },
        "spec": template["spec"],
    }


def _ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    context = ssl.create_default_context(cafile=str(ACCOUNT_FOLDER / "ca.crt"))
    token = (ACCOUNT_FOLDER / "token").read_text(encoding="utf-8").strip()
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
    port = int(os.environ.get("KUBERNETES_SERVICE_PORT", "443"))
    connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=context)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, json.loads(text)
