"""The only module that touches the `kubernetes` package: a few typed calls that speak JSON, and plain errors.

The package is slow to import and untyped, so it is imported when a cluster is really needed and stays in here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from .documents import Json
from .errors import OperateError
from .kube_errors import explain

CONNECT_SECONDS = 4
READ_SECONDS = 10


class Kube:
    """A connection to one cluster. Every method either answers, or raises an OperateError with one sentence."""

    def __init__(self, api_client: Any, context: str) -> None:
        from kubernetes import client

        self._client = api_client
        self._core: Any = client.CoreV1Api(api_client)
        self._apps: Any = client.AppsV1Api(api_client)
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
            names = [entry["name"] for entry in contexts]
            chosen = context or current["name"]
            if chosen not in names:
                raise OperateError(
                    f"The kubeconfig {kubeconfig} has no context {chosen!r}; it has: {', '.join(names)}."
                )
            api_client = loader.new_client_from_config(config_file=kubeconfig, context=chosen)
        except OperateError:
            raise
        except Exception as error:
            raise OperateError(f"The kubeconfig {kubeconfig} cannot be used: {explain(error)}") from error
        api_client.configuration.retries = False
        kube = cls(api_client, chosen)
        kube.version()
        return kube

    def version(self) -> str:
        from kubernetes import client

        answer = self._ask(client.VersionApi(self._client).get_code)
        return str(answer["gitVersion"])

    def namespace(self, name: str) -> Json | None:
        return self._find(self._core.read_namespace, name)

    def create_namespace(self, name: str, labels: dict[str, str]) -> None:
        self._ask(self._core.create_namespace, {"metadata": {"name": name, "labels": labels}})

    def stateful_set(self, namespace: str, name: str) -> Json | None:
        return self._find(self._apps.read_namespaced_stateful_set, name, namespace)

    def pods(self, namespace: str, selector: str) -> list[Json]:
        return self._list(self._core.list_namespaced_pod, namespace, label_selector=selector)

    def claims(self, namespace: str) -> list[Json]:
        return self._list(self._core.list_namespaced_persistent_volume_claim, namespace)

    def events(self, namespace: str) -> list[Json]:
        return self._list(self._core.list_namespaced_event, namespace, limit=500)

    def delete_pod(self, namespace: str, name: str) -> None:
        self._find(self._core.delete_namespaced_pod, name, namespace)

    def delete_claim(self, namespace: str, name: str) -> None:
        self._find(self._core.delete_namespaced_persistent_volume_claim, name, namespace)

    def log_tail(self, namespace: str, pod: str, container: str, lines: int = 8) -> list[str]:
        """The last log lines of a container's previous run, or of the present one where there was none before."""
        for previous in (True, False):
            text = self._log(namespace, pod, container, lines, previous)
            if text:
                return text.splitlines()
        return []

    def exec_stream(self, namespace: str, pod: str, container: str, command: list[str], tty: bool = False) -> Any:
        """An open exec stream of the `kubernetes` package; `exec_stream.py` knows how to use it."""
        import websocket
        from kubernetes import client
        from kubernetes import stream as streams

        websocket.setdefaulttimeout(READ_SECONDS)
        # `stream` swaps a method of the client that it is given, so every stream gets a client of its own
        core: Any = client.CoreV1Api(client.ApiClient(self._client.configuration))
        module: Any = streams
        return self._call(
            module.stream,
            core.connect_get_namespaced_pod_exec,
            pod,
            namespace,
            container=container,
            command=command,
            stdin=True,
            stdout=True,
            stderr=not tty,
            tty=tty,
            binary=True,
            _preload_content=False,
        )

    def _log(self, namespace: str, pod: str, container: str, lines: int, previous: bool) -> str:
        from kubernetes.client.exceptions import ApiException

        try:
            answer = self._core.read_namespaced_pod_log(
                pod,
                namespace,
                container=container,
                tail_lines=lines,
                previous=previous,
                _preload_content=False,
                _request_timeout=(CONNECT_SECONDS, READ_SECONDS),
            )
        except ApiException:
            return ""
        return bytes(answer.data).decode("utf-8", "replace")

    def _find(self, method: Callable[..., Any], *arguments: object) -> Json | None:
        try:
            return self._ask(method, *arguments)
        except NotFoundError:
            return None

    def _list(self, method: Callable[..., Any], *arguments: object, **options: object) -> list[Json]:
        return cast("list[Json]", self._ask(method, *arguments, **options)["items"])

    def _ask(self, method: Callable[..., Any], *arguments: object, **options: object) -> Json:
        """Call a generated method but parse the JSON ourselves: its models are slow and differ between versions."""
        answer = self._call(
            method,
            *arguments,
            **options,
            _preload_content=False,
            _request_timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
        return cast("Json", json.loads(answer.data))

    def _call(self, method: Callable[..., Any], *arguments: object, **options: object) -> Any:
        try:
            return method(*arguments, **options)
        except Exception as error:
            kind = NotFoundError if getattr(error, "status", None) == 404 else OperateError
            raise kind(
                f"The Kubernetes API at {self.server} said no: {explain(error)}"
                if getattr(error, "status", None)
                else f"The Kubernetes API at {self.server} cannot be reached: {explain(error)}"
            ) from error


class NotFoundError(OperateError):
    """The object that was asked for does not exist."""


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
