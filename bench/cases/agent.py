"""What stands beside each server costs, and what it costs to ask whether the server serves."""

from __future__ import annotations

import http.client
import ssl
import subprocess
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import mean

from mysql_k8s.names import AGENT_PORT
from sandbox import containers
from sandbox.images import NAMESPACE
from sandbox.layout import Layout
from sandbox.paths import state_root

from .. import container_cost, stacks
from ..case import Case, Comparison, Measure, Subject, Target

SECONDS = 20.0
PROBES = 20
SETTLE_SECONDS = 30.0

AGENT, SIDECAR = "our agent; a probe by HTTPS", "the tutorial's sidecar; a probe by `exec`"
MEMORY = Measure("memory", "resident memory", "bytes")
OWN = Measure("own memory", "of it backed by no file", "bytes")
IDLE = Measure("idle", "processor while idle", "share")
PROBE = Measure("probe", "processor time of a probe", "s")


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    with stacks.both() as (deployment, tutorial):
        ours = stacks.stack_of(deployment)
        time.sleep(SETTLE_SECONDS)
        pods = [ours.pod(ordinal) for ordinal in range(stacks.MEMBERS)]
        yield [
            Subject(AGENT, partial(_sample, [agent_of(ours, pod, deployment.ca_certificate()) for pod in pods])),
            Subject(SIDECAR, partial(_sample, [sidecar_of(tutorial, tutorial.pod(o)) for o in range(stacks.MEMBERS)])),
        ]


@dataclass(frozen=True)
class Beside:
    """A container beside a server."""

    pid: int
    """Its first process."""
    probe: Callable[[], None]
    spent: Callable[[], float]
    """Seconds of processor time so far of all that answers a probe."""


def _sample(beside: list[Beside]) -> dict[str, float]:
    idle, probing = _over(beside, lambda: time.sleep(SECONDS))
    ends = [container_cost.memory(each.pid) for each in beside]
    return {
        MEMORY.name: mean(resident for resident, _ in ends),
        OWN.name: mean(own for _, own in ends),
        IDLE.name: mean(idle),
        PROBE.name: mean(_probe(each, rate) for each, rate in zip(beside, probing, strict=True)),
    }


def _over(beside: list[Beside], pause: Callable[[], None]) -> tuple[list[float], list[float]]:
    """The share of a processor that each container takes, and that what answers its probes takes."""
    began = time.monotonic()
    before = [(container_cost.processor_seconds(each.pid), each.spent()) for each in beside]
    pause()
    after = [(container_cost.processor_seconds(each.pid), each.spent()) for each in beside]
    elapsed = time.monotonic() - began
    pairs = list(zip(before, after, strict=True))
    return [(b[0] - a[0]) / elapsed for a, b in pairs], [(b[1] - a[1]) / elapsed for a, b in pairs]


def _probe(beside: Beside, rate: float) -> float:
    """Without what is spent anyway, by the kubelet's own probes for one."""
    began, before = time.monotonic(), beside.spent()
    for _ in range(PROBES):
        beside.probe()
    return max(0.0, beside.spent() - before - rate * (time.monotonic() - began)) / PROBES


def agent_of(stack: stacks.Stack, pod: str, authority: str) -> Beside:
    """Asked over a new connection each time, as the kubelet does."""
    pid = containers.host_pid(stack.kube.namespace, pod, "agent")
    found = stack.kube.pod(pod)
    assert found, f"{pod} does not exist"
    context = ssl.create_default_context(cadata=authority)
    context.check_hostname = False  # asked by its address

    def probe() -> None:
        connection = http.client.HTTPSConnection(found["status"]["podIP"], AGENT_PORT, timeout=10, context=context)
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != http.client.OK:
            raise OSError(f"the agent of {pod} says {answer.status}")

    return Beside(pid, probe, partial(container_cost.processor_seconds, pid))


def sidecar_of(stack: stacks.Stack, pod: str) -> Beside:
    """Asked as the tutorial's readiness probe does, by a program that is started in the server's container."""
    namespace = stack.kube.namespace
    server = containers.find(namespace, pod, "server")
    found = stack.kube.pod(pod)
    assert found, f"{pod} does not exist"
    statuses = {each["name"]: each["containerID"] for each in found["status"]["containerStatuses"]}
    container = statuses["server"].removeprefix("containerd://")
    shim, mysqld = container_cost.parent(server.pid), server.pid
    socket = str(Layout(state_root()).node(server.node).socket)

    def probe() -> None:
        run = ["ctr", "--address", socket, "--namespace", NAMESPACE, "task", "exec", "--exec-id", uuid.uuid4().hex]
        subprocess.run(
            [*run, container, "mariadb", "--host=127.0.0.1", "--execute=SELECT 1"], check=True, capture_output=True
        )

    def spent() -> float:
        return container_cost.with_reaped(shim) + container_cost.with_reaped(mysqld)

    return Beside(containers.host_pid(namespace, pod, "sidecar"), probe, spent)


CASE = Case(
    name="agent",
    title="What stands beside a server",
    about=(
        "Three idle members of each kind, MariaDB on both sides. Memory and idle processor are means over the three "
        "pods; idle includes the kubelet's own probes of that container, and all that the agent does: it looks at its "
        "server and at the other members again and again. The tutorial's sidecar, once its member replicates, only "
        "waits for a connection; it observes nothing. A probe is a readiness probe: one HTTPS request with a new "
        "connection, in the agent's processor time; and `mariadb --execute='SELECT 1'` started in the server's "
        "container, in that of the container's runtime (its shim, and what that started) and of the server. The "
        "kubelet's own side comes on top for both."
    ),
    found=(
        "The target for memory cannot be reached by an agent in Python. The sidecar is one small C program that waits "
        "for a connection; an interpreter that has loaded nothing takes more. Most of the agent's memory is there "
        "before its own code is: the interpreter, TLS, HTTP and the client of the database. Modules compiled "
        "beforehand save little and tie the agent to one version of Python; a compiled agent would need an image of "
        "its own. What the agent takes in memory, its probes give back in processor time."
    ),
    measures=(MEMORY, PROBE, IDLE, OWN),
    comparisons=(
        Comparison(MEMORY.name, AGENT, SIDECAR, Target("at most", 1 / 3)),
        Comparison(PROBE.name, AGENT, SIDECAR),
    ),
    stage=stage,
    needs="root, the local Kubernetes, `kubectl`",
)
