"""The only module that touches the `kubernetes` package: a few typed calls that speak JSON, and plain errors.

The package is used for what is hard (kubeconfigs, credentials, TLS, streams). Its generated API classes are not: they
take longer to import than the calls take, and they turn every answer into models that nothing here needs.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from .documents import Json, rows, text
from .errors import OperateError
from .kube_errors import RefusedError, explain

CONNECT_SECONDS = 4.0
READ_SECONDS = 10.0
MOST_EVENTS = 500
ORPHAN_SECONDS = 20.0


class Kube:
    """A connection to one cluster. Every method either answers, or raises an OperateError with one sentence."""

    def __init__(self, api_client: Any, context: str) -> None:
        self._configuration = api_client.configuration
        self._pool = api_client.rest_client.pool_manager
        self.server: str = api_client.configuration.host
        self.context = context

    @classmethod
    def connect(cls, kubeconfig: str, context: str | None = None) -> Kube:
        """Connect and ask the server for its version, so that a wrong kubeconfig shows here and within seconds."""
        from kubernetes import config

        _check_files(kubeconfig)
        loader: Any = config
        try:
            contexts, current = loader.list_kube_config_contexts(config_file=kubeconfig)
            names = [str(entry["name"]) for entry in contexts]
            chosen = context or str(current["name"])
            api_client = None
            if chosen in names:
                api_client = loader.new_client_from_config(config_file=kubeconfig, context=chosen)
        except Exception as error:
            raise OperateError(f"The kubeconfig {kubeconfig} cannot be used: {explain(error)}") from error
        if api_client is None:
            known = ", ".join(names)
            raise OperateError(f"The kubeconfig {kubeconfig} has no context {chosen!r}; it has: {known}.")
        kube = cls(api_client, chosen)
        kube.version()
        return kube

    def version(self) -> str:
        return text(self._ask("GET", "/version/"), "gitVersion")

    def namespace(self, name: str) -> Json | None:
        return self._find(f"/api/v1/namespaces/{name}")

    def create_namespace(self, name: str, labels: dict[str, str]) -> None:
        metadata = {"name": name, "labels": labels}
        self._ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def stateful_set(self, namespace: str, name: str) -> Json | None:
        return self._find(f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}")

    def deployment(self, namespace: str, name: str) -> Json | None:
        return self._find(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")

    def pods(self, namespace: str, selector: str) -> list[Json]:
        return self._list(namespace, "pods", labelSelector=selector)

    def claims(self, namespace: str) -> list[Json]:
        return self._list(namespace, "persistentvolumeclaims")

    def events(self, namespace: str) -> list[Json]:
        return self._list(namespace, "events", limit=MOST_EVENTS)

    def cron_job(self, namespace: str, name: str) -> Json | None:
        return self._find(f"/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}")

    def job(self, namespace: str, name: str) -> Json | None:
        return self._find(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}")

    def create_job(self, namespace: str, job: Json) -> Json:
        return self._ask("POST", f"/apis/batch/v1/namespaces/{namespace}/jobs", job)

    def delete_job(self, namespace: str, name: str) -> None:
        """With its pods."""
        self._delete(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}?propagationPolicy=Background")

    def config_map(self, namespace: str, name: str) -> Json | None:
        return self._find(f"/api/v1/namespaces/{namespace}/configmaps/{name}")

    def put_config_map(self, namespace: str, name: str, data: dict[str, str]) -> None:
        """Make it, or give it this content."""
        document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        if self.config_map(namespace, name) is None:
            self._ask("POST", path, document)
        else:
            self._ask("PUT", f"{path}/{name}", document)

    def delete_config_map(self, namespace: str, name: str) -> None:
        self._delete(f"/api/v1/namespaces/{namespace}/configmaps/{name}")

    def claim(self, namespace: str, name: str) -> Json | None:
        return self._find(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}")

    def create_claim(self, namespace: str, claim: Json) -> None:
        self._ask("POST", f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", claim)

    def volume(self, name: str) -> Json | None:
        return self._find(f"/api/v1/persistentvolumes/{name}")

    def patch_volume(self, name: str, change: Json, *, only_ask: bool = False) -> None:
        """``only_ask``: whether it would be allowed, and change nothing."""
        query = "?dryRun=All" if only_ask else ""
        self._request("PATCH", f"/api/v1/persistentvolumes/{name}{query}", change, "application/merge-patch+json")

    def patch_stateful_set(self, namespace: str, name: str, change: Json, field_manager: str) -> None:
        path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}?{urlencode({'fieldManager': field_manager})}"
        self._request("PATCH", path, change, "application/merge-patch+json")

    def delete_pod(self, namespace: str, name: str) -> None:
        self._delete(f"/api/v1/namespaces/{namespace}/pods/{name}")

    def delete_claim(self, namespace: str, name: str) -> None:
        self._delete(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}")

    def replace_stateful_set(self, namespace: str, manifest: Json, field_manager: str) -> None:
        """Delete a StatefulSet without its pods and claims, and make it again at once, whatever comes between."""
        path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets/{manifest['metadata']['name']}"
        self._delete(f"{path}?propagationPolicy=Orphan")
        try:
            deadline = time.monotonic() + ORPHAN_SECONDS
            while self._find(path) is not None and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            query = urlencode({"fieldManager": field_manager, "force": "true"})
            self._request("PATCH", f"{path}?{query}", manifest, "application/apply-patch+yaml")

    def try_claim_size(self, namespace: str, name: str, size: str) -> None:
        """Ask whether a claim may have this size. Changes nothing; raises OperateError with the server's refusal."""
        path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}?dryRun=All"
        wanted = {"spec": {"resources": {"requests": {"storage": size}}}}
        self._request("PATCH", path, wanted, "application/merge-patch+json")

    def log_tail(self, namespace: str, pod: str, container: str, lines: int = 8) -> list[str]:
        """The last log lines of a container's previous run, or of the present one where there was none before."""
        for previous in ("true", "false"):
            query = urlencode({"container": container, "tailLines": lines, "previous": previous})
            try:
                log = self._request("GET", f"/api/v1/namespaces/{namespace}/pods/{pod}/log?{query}")
            except OperateError:
                continue
            if log:
                return log.decode("utf-8", "replace").splitlines()
        return []

    def exec_stream(self, namespace: str, pod: str, container: str, command: list[str], tty: bool = False) -> Any:
        """An open exec stream of the `kubernetes` package; `exec_stream.py` knows how to use it."""
        import websocket
        from kubernetes.stream import ws_client

        streams: Any = ws_client
        websocket.setdefaulttimeout(READ_SECONDS)
        wanted = {
            "container": container,
            "stdin": "true",
            "stdout": "true",
            "stderr": _flag(not tty),
            "tty": _flag(tty),
        }
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/exec"
        try:
            return streams.websocket_call(
                self._configuration,
                "GET",
                self.server + path,
                query_params=[("command", command), *wanted.items()],
                headers=self._headers(),
                binary=True,
                capture_all=False,
                _preload_content=False,
            )
        except Exception as error:
            raise OperateError(f"No connection into pod {pod}: {explain(error)}") from error

    def _find(self, path: str) -> Json | None:
        try:
            return self._ask("GET", path)
        except NotFoundError:
            return None

    def _list(self, namespace: str, kind: str, **query: object) -> list[Json]:
        return rows(self._ask("GET", f"/api/v1/namespaces/{namespace}/{kind}?{urlencode(query)}"), "items")

    def _delete(self, path: str) -> None:
        try:
            self._request("DELETE", path)
        except NotFoundError:
            return

    def _ask(self, method: str, path: str, document: Json | None = None) -> Json:
        return cast("Json", json.loads(self._request(method, path, document)))

    def _request(
        self, method: str, path: str, document: Json | None = None, content_type: str = "application/json"
    ) -> bytes:
        import urllib3

        try:
            answer = self._pool.request(
                method,
                self.server + path,
                body=None if document is None else json.dumps(document).encode(),
                headers={**self._headers(), "content-type": content_type},
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                retries=False,
            )
        except Exception as error:
            message = f"The Kubernetes API at {self.server} cannot be reached: {explain(error)}"
            raise OperateError(message) from error
        if answer.status >= 300:
            kind = NotFoundError if answer.status == 404 else OperateError
            refusal = RefusedError(answer.status, answer.data)
            raise kind(f"The Kubernetes API at {self.server} said no: {explain(refusal)}")
        return bytes(answer.data)

    def _headers(self) -> dict[str, str]:
        """The credentials, asked for anew each time: the package renews those that expire."""
        settings: dict[str, dict[str, str]] = self._configuration.auth_settings()
        return {each["key"]: each["value"] for each in settings.values() if each["in"] == "header" and each["value"]}


class NotFoundError(OperateError):
    """The object that was asked for does not exist."""


def _flag(value: bool) -> str:
    return str(value).lower()


def _check_files(kubeconfig: str) -> None:
    paths = [Path(part) for part in kubeconfig.split(":") if part]
    if not any(path.exists() for path in paths):
        raise OperateError(f"The kubeconfig {kubeconfig} does not exist. Set KUBECONFIG to one that does.")
    for path in paths:
        try:
            if path.exists():
                path.read_bytes()
        except OSError as error:
            raise OperateError(f"The kubeconfig {path} cannot be read: {error.strerror}.") from error
