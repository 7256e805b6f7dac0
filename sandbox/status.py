"""What runs and how it is: collected as data, shown as tables or JSON."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import pins, record
from sandbox.errors import SandboxError
from sandbox.health import hindrances
from sandbox.kube_api import KubeApi
from sandbox.layout import Layout
from sandbox.paths import state_root
from sandbox.processes import is_alive, memory_bytes, uptime_seconds
from sandbox.progress import duration
from sandbox.topology import NODES

VERSIONS = {
    "kubernetes": pins.KUBERNETES,
    "coredns": pins.COREDNS,
    "local-path-provisioner": pins.LOCAL_PATH_PROVISIONER,
    "mysql": pins.MYSQL,
    "pulumi": pins.PULUMI,
    "pulumi-kubernetes": pins.PROVIDER_KUBERNETES,
}
FACTS = {"kubelet": "kubeletVersion", "container runtime": "containerRuntimeVersion", "kernel": "kernelVersion"}


@dataclass(frozen=True)
class NodeStatus:
    """A node as the API server sees it."""

    name: str
    ready: bool
    zone: str
    address: str


@dataclass(frozen=True)
class ProcessStatus:
    """A process of the cluster; up time in seconds and memory in bytes, 0 if it has ended."""

    name: str
    pid: int
    running: bool
    uptime: float
    memory: int
    log: str


@dataclass(frozen=True)
class Status:
    """The cluster: `running`, `degraded` (see `problems`) or `stopped`."""

    state: str
    kubeconfig: str | None
    problems: list[str]
    nodes: list[NodeStatus]
    processes: list[ProcessStatus]
    versions: dict[str, str]


def collect() -> Status:
    """Look at the cluster. Raises SandboxError if its record cannot be read."""
    found = record.load(state_root())
    if not found:
        return Status("stopped", None, [], [], [], VERSIONS)
    if found.boot_id != record.boot_id():
        return Status("stopped", None, ["the machine was restarted since the cluster was started"], [], [], VERSIONS)
    layout = Layout(state_root())
    processes = [_process(process) for process in found.processes]
    problems = [f"{process.name} has ended, see {process.log}" for process in processes if not process.running]
    if not found.ready:
        problems.append("the cluster was started only in part, or is just being started")
    nodes: list[NodeStatus] = []
    versions = VERSIONS
    try:
        listed = KubeApi(layout.pki).list("/api/v1/nodes")
        nodes = [_node(node) for node in listed]
        versions = {**VERSIONS, **_running_versions(listed)}
        known = {node["metadata"]["name"]: hindrances(node) for node in listed}
        for node in NODES:
            problems += [f"{node.name} {why}" for why in known.get(node.name, ["is not there"])]
    except (SandboxError, OSError) as error:
        problems.append(str(error))
    return Status("degraded" if problems else "running", str(layout.kubeconfig), problems, nodes, processes, versions)


def as_dict(status: Status) -> dict[str, Any]:
    """The status as JSON has it."""
    return asdict(status)


def show(status: Status, console: Console) -> None:
    """Print the status for a person."""
    if status.state == "stopped":
        console.print("\n".join([*status.problems, "no cluster is running: `python -m sandbox up` starts one"]))
        return
    nodes = Table("node", "ready", "zone", "address", title=f"cluster: {status.state}", title_justify="left")
    for node in status.nodes:
        nodes.add_row(node.name, "yes" if node.ready else "NO", node.zone, node.address)
    processes = Table("process", "pid", "up since", "memory")
    for process in status.processes:
        since = duration(process.uptime) if process.running else "ENDED"
        processes.add_row(process.name, str(process.pid), since, f"{process.memory / 2**20:.0f} MiB")
    console.print(nodes, processes)
    for problem in status.problems:
        console.print(f"problem: {problem}", soft_wrap=True)
    console.print(f"kubeconfig: {status.kubeconfig}", soft_wrap=True)
    console.print(
        "versions: " + ", ".join(f"{name} {version}" for name, version in status.versions.items()), soft_wrap=True
    )


def _node(node: dict[str, Any]) -> NodeStatus:
    addresses = [entry["address"] for entry in node["status"].get("addresses", []) if entry["type"] == "InternalIP"]
    labels = node["metadata"]["labels"]
    return NodeStatus(
        node["metadata"]["name"],
        not hindrances(node),
        labels.get("topology.kubernetes.io/zone", ""),
        addresses[0] if addresses else "",
    )


def _running_versions(nodes: list[dict[str, Any]]) -> dict[str, str]:
    """What the nodes say that they run, which the pins do not know."""
    facts = [node["status"]["nodeInfo"] for node in nodes]
    return {name: ", ".join(sorted({fact[field] for fact in facts})) for name, field in FACTS.items()}


def _process(process: record.Process) -> ProcessStatus:
    running = is_alive(process)
    return ProcessStatus(
        name=process.launch.name,
        pid=process.pid,
        running=running,
        uptime=uptime_seconds(process) if running else 0.0,
        memory=memory_bytes(process.pid) if running else 0,
        log=process.launch.log,
    )
