"""Three members on the local Kubernetes, ours or the tutorial's: deployed, asked, and taken away with all data."""

from __future__ import annotations

import subprocess
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pymysql
import yaml
from cluster.support import lifetime
from cluster.support.deployment import Deployment
from cluster.support.kube import Json, Kube, is_ready
from cluster.support.project import NAME
from cluster.support.waiting import NotYet, wait_for, wait_until
from pymysql.cursors import DictCursor

from mysql_k8s import MySQLClusterArgs
from sandbox import on_demand, pins
from sandbox.layout import Layout
from sandbox.paths import state_root
from sandbox.progress import Reporter

from . import plain_objects
from .cost import CommandFailed
from .paths import MANIFESTS

MEMBERS = 3
READY_SECONDS = 600.0
GONE_SECONDS = 180.0
LOOK_SECONDS = 0.1

Row = dict[str, Any]


class Server(Protocol):
    """One member, as a client sees it."""

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Run one statement. Raises pymysql.MySQLError or OSError."""
        ...


@dataclass(frozen=True)
class Stack:
    """Members of one StatefulSet. The first one is the primary."""

    kube: Kube
    name: str
    server: Callable[[int], Server]
    database: str
    arguments: Json
    """Of the component; of nobody's in the tutorial."""

    def pod(self, ordinal: int) -> str:
        return f"{self.name}-{ordinal}"

    def until_replicating(self) -> None:
        """Wait for three ready members, write a row, and wait until both replicas show it. Raises TimeoutError."""
        wait_for("ready members", self._check_ready, READY_SECONDS, every=LOOK_SECONDS)
        self.server(0).rows(f"CREATE TABLE {self.database}.rows_written (value INT PRIMARY KEY AUTO_INCREMENT)")
        self.until_written(range(1, MEMBERS))

    def until_written(self, replicas: Iterable[int]) -> None:
        """Write another row, and wait until these replicas show it. Raises TimeoutError."""
        primary = self.server(0)
        primary.rows(f"INSERT INTO {self.database}.rows_written VALUES ()")
        (row,) = primary.rows(f"SELECT MAX(value) AS last FROM {self.database}.rows_written")
        for ordinal in replicas:
            shows = lambda ordinal=ordinal: self._check_row(ordinal, row["last"])  # noqa: E731
            wait_for(f"the row on {self.pod(ordinal)}", shows, READY_SECONDS, every=LOOK_SECONDS)

    def lose(self, ordinal: int) -> None:
        """Take a member's pod and its volume away, and wait until it is ready again with an empty one."""
        pod = self.pod(ordinal)
        before = self._uid(pod)
        self.kube.delete_claim(f"data-{pod}")
        self.kube.delete_pod(pod, grace_seconds=1)
        wait_until(f"another {pod}", lambda: self._uid(pod) not in (before, ""), READY_SECONDS, every=LOOK_SECONDS)
        wait_for("ready members", self._check_ready, READY_SECONDS, every=LOOK_SECONDS)

    def _uid(self, pod: str) -> str:
        found = self.kube.pod(pod)
        return found["metadata"]["uid"] if found else ""

    def _check_ready(self) -> None:
        ready = [pod["metadata"]["name"] for pod in self.kube.pods() if is_ready(pod)]
        if len(ready) < MEMBERS:
            raise NotYet(f"ready are {', '.join(ready) or 'none'}")

    def _check_row(self, ordinal: int, value: int) -> None:
        try:
            found = self.server(ordinal).rows(f"SELECT 1 FROM {self.database}.rows_written WHERE value = %s", value)
        except (pymysql.MySQLError, OSError) as error:
            raise NotYet(str(error)) from None
        if not found:
            raise NotYet("the row is not there")


@dataclass(frozen=True)
class PlainServer:
    """A server that asks for no password and no TLS."""

    address: str

    def rows(self, sql: str, *values: object) -> list[Row]:
        connection: pymysql.Connection[DictCursor] = pymysql.connect(
            host=self.address, user="root", autocommit=True, connect_timeout=5, read_timeout=10,
            cursorclass=DictCursor, ssl_disabled=True,
        )  # fmt: skip
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())


def kubeconfig() -> str:
    return str(Layout(state_root()).kubeconfig)


def stack_of(deployment: Deployment) -> Stack:
    return Stack(deployment.kube, deployment.name, deployment.member, "app", deployment.arguments)


@contextmanager
def ours(folder: Path, engine: str, **topology: object) -> Generator[Deployment]:
    """A cluster that is not deployed yet; its Pulumi project is below ``folder``."""
    deployment = lifetime.prepare(kubeconfig(), folder / uuid.uuid4().hex, engine, **topology)
    try:
        yield deployment
    finally:
        _clear(deployment.kube, deployment.name)


@contextmanager
def tutorial() -> Generator[Stack]:
    """The tutorial's, not deployed yet."""
    with namespace("tutorial") as kube:

        def server(ordinal: int) -> PlainServer:
            pod = kube.pod(f"tutorial-{ordinal}")
            assert pod, f"tutorial-{ordinal} does not exist"
            return PlainServer(pod["status"]["podIP"])

        yield Stack(kube, "tutorial", server, "mysql", {})


@contextmanager
def both() -> Generator[tuple[Deployment, Stack]]:
    """Ours and the tutorial's, each of MariaDB and replicating."""
    on_demand.provide("mariadb", Reporter())
    with (
        tempfile.TemporaryDirectory() as folder,
        ours(Path(folder), "mariadb", kind="replication", members=MEMBERS) as deployment,
        tutorial() as other,
    ):
        apply(other.kube, manifests_of_tutorial())
        apply(deployment.kube, manifests_of(deployment))
        for stack in (other, stack_of(deployment)):
            stack.until_replicating()
        yield deployment, other


@contextmanager
def namespace(stateful_set: str) -> Generator[Kube]:
    """A namespace that is empty, and in the end gone with its StatefulSet and all data."""
    kube = Kube(kubeconfig(), f"mysql-bench-{uuid.uuid4().hex[:6]}")
    kube.make_namespace({lifetime.OWNER: lifetime.owner()})
    try:
        yield kube
    finally:
        _clear(kube, stateful_set)


def _clear(kube: Kube, stateful_set: str) -> None:
    """Until nothing works on it any more: the next sample wants a machine to itself."""
    lifetime.clear(kube, stateful_set)
    gone = lambda: not kube.namespace_exists() and not kube.volumes()  # noqa: E731
    wait_until(f"{kube.namespace} and its volumes to go", gone, GONE_SECONDS)


def manifests_of(deployment: Deployment) -> str:
    """All objects of a cluster, with passwords and certificates of its own, as kubectl takes them."""
    described = plain_objects.objects(NAME, MySQLClusterArgs.model_validate(deployment.arguments))
    return plain_objects.as_list(plain_objects.manifests(described))


def manifests_of_tutorial() -> str:
    """With the server's image in place of the name that stands for it."""
    found = [each for each in yaml.safe_load_all((MANIFESTS / "tutorial.yaml").read_text()) if each]
    for each in found:
        pod: Json = each["spec"]["template"]["spec"] if each["kind"] == "StatefulSet" else {}
        for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
            container["image"] = pins.MARIADB_IMAGE
    return plain_objects.as_list(found)


def apply(kube: Kube, manifests: str) -> None:
    """`kubectl apply` in the namespace. Raises CommandFailed."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # readable for its owner alone: it holds passwords
        file.write(manifests)
        file.flush()
        command = ["kubectl", f"--kubeconfig={kube.kubeconfig}", f"--namespace={kube.namespace}", "apply"]
        done = subprocess.run(
            [*command, "--server-side", f"--filename={file.name}"], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise CommandFailed(f"`kubectl apply` ended with status {done.returncode}: {done.stderr[-1500:].strip()}")
