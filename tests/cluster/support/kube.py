"""The Kubernetes API, as far as the tests need it: every call bounded, objects as plain JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

from .waiting import NotYet, wait_for

Json = dict[str, Any]

TIMEOUT = (4, 15)
"""Seconds to connect, and to answer."""


@dataclass(frozen=True)
class Ran:
    """What a command in a container did."""

    status: int
    output: str

    def __str__(self) -> str:
        return f"exit status {self.status}: {self.output.strip()}"


class Kube:
    """One namespace of the cluster that a kubeconfig names."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        api = config.new_client_from_config(kubeconfig)
        api.configuration.retries = False
        self._configuration = api.configuration
        self._core = client.CoreV1Api(api)
        self._apps = client.AppsV1Api(api)
        self._discovery = client.DiscoveryV1Api(api)

    # --- namespaces ---------------------------------------------------------------------------------------------------

    def namespaces(self, selector: str) -> list[Json]:
        return self._list(self._core.list_namespace, label_selector=selector)

    def make_namespace(self, labels: dict[str, str]) -> None:
        self._ask(self._core.create_namespace, {"metadata": {"name": self.namespace, "labels": labels}})

    def delete_namespace(self) -> None:
        self._find(self._core.delete_namespace, self.namespace)

    def namespace_exists(self) -> bool:
        return self._find(self._core.read_namespace, self.namespace) is not None

    # --- objects ------------------------------------------------------------------------------------------------------

    def pod(self, name: str) -> Json | None:
        return self._find(self._core.read_namespaced_pod, name, self.namespace)

    def pods(self) -> list[Json]:
        found = self._list(self._core.list_namespaced_pod, self.namespace)
        return sorted(found, key=lambda pod: pod["metadata"]["name"])

    def delete_pod(self, name: str, grace_seconds: int | None = None) -> None:
        """``grace_seconds`` 0: kill it without asking it to stop."""
        grace = {} if grace_seconds is None else {"grace_period_seconds": grace_seconds}
        self._find(self._core.delete_namespaced_pod, name, self.namespace, **grace)

    def claims(self) -> dict[str, Json]:
        found = self._list(self._core.list_namespaced_persistent_volume_claim, self.namespace)
        return {claim["metadata"]["name"]: claim for claim in found}

    def delete_claim(self, name: str) -> None:
        self._find(self._core.delete_namespaced_persistent_volume_claim, name, self.namespace)

    def volumes(self) -> list[str]:
        """The volumes that are, or were, claimed in the namespace, and not deleted yet."""
        found = self._list(self._core.list_persistent_volume)
        own = [each for each in found if each["spec"].get("claimRef", {}).get("namespace") == self.namespace]
        return [volume["metadata"]["name"] for volume in own]

    def let_volumes_go(self) -> None:
        """Those that were to be kept are deleted with their data once no claim has them."""
        change = {"spec": {"persistentVolumeReclaimPolicy": "Delete"}}
        for volume in self.volumes():
            self._find(self._core.patch_persistent_volume, volume, change)

    def cordon(self, node: str, *, cordoned: bool) -> None:
        """Whether a node takes no new pods."""
        self._ask(self._core.patch_node, node, {"spec": {"unschedulable": cordoned}})

    def delete_stateful_set(self, name: str) -> None:
        self._find(self._apps.delete_namespaced_stateful_set, name, self.namespace)

    def delete_deployment(self, name: str) -> None:
        self._find(self._apps.delete_namespaced_deployment, name, self.namespace)

    def orphan_pods(self, stateful_set: str) -> None:
        """Delete it and leave its pods."""
        self._find(self._apps.delete_namespaced_stateful_set, stateful_set, self.namespace, propagation_policy="Orphan")
        wait_for("the StatefulSet to go", lambda: self._must_lack(stateful_set), 20)

    def service_address(self, name: str) -> str:
        return self._ask(self._core.read_namespaced_service, name, self.namespace)["spec"]["clusterIP"]

    def endpoints(self, service: str) -> list[str]:
        """The pods that a Service sends its clients to."""
        selector = f"kubernetes.io/service-name={service}"
        slices = self._list(self._discovery.list_namespaced_endpoint_slice, self.namespace, label_selector=selector)
        found = [endpoint for each in slices for endpoint in each.get("endpoints") or []]
        return sorted(endpoint["targetRef"]["name"] for endpoint in found if endpoint["conditions"]["ready"])

    def make(self, body: Json) -> None:
        """A Pod, a Service or a Secret."""
        calls: dict[str, Callable[..., Any]] = {
            "Pod": self._core.create_namespaced_pod,
            "Service": self._core.create_namespaced_service,
            "Secret": self._core.create_namespaced_secret,
        }
        self._ask(calls[body["kind"]], self.namespace, body)

    def secret(self, name: str) -> dict[str, str]:
        data = self._ask(self._core.read_namespaced_secret, name, self.namespace)["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def events(self) -> list[Json]:
        return self._list(self._core.list_namespaced_event, self.namespace)

    # --- containers ---------------------------------------------------------------------------------------------------

    def log(self, pod: str, container: str, lines: int = 30, *, previous: bool = False) -> str:
        try:
            answer = self._core.read_namespaced_pod_log(
                pod, self.namespace, container=container, tail_lines=lines, previous=previous,
                _preload_content=False, _request_timeout=TIMEOUT,
            )  # fmt: skip
        except ApiException as error:
            return f"({error.status} {error.reason})"
        return answer.data.decode(errors="replace")

    def run(self, pod: str, container: str, *command: str, seconds: float = 60) -> Ran:
        """Run a command in a container."""
        # `stream` changes the client that it is given, so every call has its own.
        core = client.CoreV1Api(client.ApiClient(self._configuration))
        running = stream(
            core.connect_get_namespaced_pod_exec, pod, self.namespace, container=container, command=list(command),
            stdin=False, stdout=True, stderr=True, tty=False, _preload_content=False, _request_timeout=seconds,
        )  # fmt: skip
        running.run_forever(timeout=seconds)
        status = running.returncode  # before the output: reading that forgets it
        output = running.read_all()
        running.close()
        assert status is not None, f"{command[0]} in {pod} did not end within {seconds:g} s: {output}"
        return Ran(status, output)

    def _must_lack(self, stateful_set: str) -> None:
        if self._find(self._apps.read_namespaced_stateful_set, stateful_set, self.namespace) is not None:
            raise NotYet(f"{stateful_set} is there")

    # --- calls --------------------------------------------------------------------------------------------------------

    def _find(self, call: Callable[..., Any], *arguments: object, **options: object) -> Json | None:
        try:
            return self._ask(call, *arguments, **options)
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    def _list(self, call: Callable[..., Any], *arguments: object, **options: object) -> list[Json]:
        return self._ask(call, *arguments, **options)["items"]

    def _ask(self, call: Callable[..., Any], *arguments: object, **options: object) -> Json:
        answer = call(*arguments, **options, _preload_content=False, _request_timeout=TIMEOUT)
        return json.loads(answer.data)


def is_ready(pod: Json) -> bool:
    """Ready and not on its way out."""
    if "deletionTimestamp" in pod["metadata"]:
        return False
    conditions = pod["status"].get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def is_member(pod: Json) -> bool:
    """A member of the cluster, and not a pod of its backups or a Router."""
    return pod["metadata"]["labels"].get("app.kubernetes.io/name") == "mysql"


def role_of(pod: Json) -> str | None:
    return pod["metadata"]["labels"].get("mysql-k8s/role")


def labelled_primary(pods: Iterable[Json]) -> list[str]:
    """The names of those that should be one at most.

    A pod that is being deleted keeps its label until its successor has it, and is not counted: Services lead to it only
    while they have no other, and the endpoints tell of that.
    """
    staying = (pod for pod in pods if "deletionTimestamp" not in pod["metadata"])
    return [pod["metadata"]["name"] for pod in staying if role_of(pod) == "primary"]


def restarts(pod: Json, container: str) -> int:
    statuses = [*pod["status"].get("containerStatuses", []), *pod["status"].get("initContainerStatuses", [])]
    return next(status["restartCount"] for status in statuses if status["name"] == container)
