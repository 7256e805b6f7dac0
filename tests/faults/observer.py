"""Watches roles from outside: labels and endpoints at the API server, and writes at every member."""

from __future__ import annotations

import contextlib
import threading
import time

import pymysql
from cluster.support.clients import Endpoint
from cluster.support.deployment import Deployment
from cluster.support.kube import Kube, labelled_primary
from kubernetes.client.exceptions import ApiException
from pymysql.cursors import DictCursor
from urllib3.exceptions import HTTPError

from .records import RoleSample

EVERY_SECONDS = 0.3


class RoleWatch(threading.Thread):
    """Samples who is labelled as primary, and who the primary's Service leads to."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(name="role-watch", daemon=True)
        # A client of its own: another thread's call must not wait for this one's.
        self._kube = Kube(deployment.kube.kubeconfig, deployment.namespace)
        self._service = f"{deployment.name}-primary"
        self._end = threading.Event()
        self.samples: list[RoleSample] = []
        self.addresses: dict[str, str] = {}
        """The pods' newest addresses, by the pods' names."""

    def run(self) -> None:
        while not self._end.is_set():
            with contextlib.suppress(ApiException, HTTPError, OSError):  # the API server's silence is one of the faults
                self._sample()
            self._end.wait(EVERY_SECONDS)

    def _sample(self) -> None:
        pods = self._kube.pods()
        endpoints = tuple(self._kube.endpoints(self._service))
        self.samples.append(RoleSample(time.monotonic(), tuple(labelled_primary(pods)), endpoints))
        self.addresses |= {pod["metadata"]["name"]: pod["status"].get("podIP", "") for pod in pods}

    def end(self) -> None:
        self._end.set()
        self.join(timeout=60)  # more than one call to an API server that does not answer


class MovingMember:
    """A member where its pod is now."""

    def __init__(self, watch: RoleWatch, pod: str, as_deployed: Endpoint) -> None:
        self._watch = watch
        self._pod = pod
        self._endpoint = as_deployed

    def connect(self) -> pymysql.Connection[DictCursor]:
        """Raises pymysql.MySQLError or OSError."""
        address = self._watch.addresses.get(self._pod) or self._endpoint.address
        known = self._endpoint
        return Endpoint(known.host, address, known.user, known.password, known.ca_certificate, known.database).connect()
