"""Containers as processes of this machine."""

from dataclasses import dataclass

from sandbox.errors import SandboxError
from sandbox.images import NAMESPACE
from sandbox.layout import Layout, NodeLayout
from sandbox.paths import state_root
from sandbox.processes import read_stat
from sandbox.shell import attempt
from sandbox.topology import NODES, Node


@dataclass(frozen=True)
class HostProcess:
    """A container's first process, by its number on the host, and the node that the container runs on."""

    pid: int
    node: Node


def find(namespace: str, pod: str, container: str) -> HostProcess:
    """The running container `container` of a pod. Raises SandboxError if there is none."""
    layout = Layout(state_root())
    for node in NODES:
        for pid in _running(layout.node(node), namespace, pod, container):
            return HostProcess(pid, node)
    raise SandboxError(f"no container {container} of pod {pod} runs in namespace {namespace}")


def host_pid(namespace: str, pod: str, container: str) -> int:
    """The number, on the host, of the container's first process. Raises SandboxError if it does not run."""
    return find(namespace, pod, container).pid


def _running(files: NodeLayout, namespace: str, pod: str, container: str) -> list[int]:
    wanted = {
        "io.kubernetes.pod.namespace": namespace,
        "io.kubernetes.pod.name": pod,
        "io.kubernetes.container.name": container,
    }
    condition = ",".join(f'labels."{label}"=={value}' for label, value in wanted.items())
    listed = attempt(
        ["ctr", "--address", str(files.socket), "--namespace", NAMESPACE, "containers", "list", "--quiet", condition]
    )
    pids = [_first_process(files, identity) for identity in listed.stdout.split()]
    return [pid for pid in pids if pid is not None]


def _first_process(files: NodeLayout, identity: str) -> int | None:
    # An ended container keeps its entry for a while, without this file or with the number of a process that is gone.
    file = files.run / "io.containerd.runtime.v2.task" / NAMESPACE / identity / "init.pid"
    try:
        pid = int(file.read_text())
    except FileNotFoundError:
        return None
    stat = read_stat(pid)
    return pid if stat and stat.state not in "ZX" else None
