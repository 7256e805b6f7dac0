"""The loss of a node, and its return."""

from sandbox import cgroups, network, record
from sandbox.errors import SandboxError
from sandbox.paths import state_root
from sandbox.processes import Process, by_number, is_alive, kill, marked, start
from sandbox.record import Record
from sandbox.topology import NODES, Node


def cut_node(number: int) -> None:
    """Pull the node's network cable: everything on it goes on running, nothing reaches it. Raises SandboxError."""
    network.set_cable(_node(number), plugged=False)


def heal_node(number: int) -> None:
    """Plug the node's network cable in again. Raises SandboxError."""
    network.set_cable(_node(number), plugged=True)


def stop_node(number: int) -> None:
    """Switch the node off, as by a power cut, with its kubelet, runtime and pods. Raises SandboxError."""
    node, found = _node(number), _cluster()
    own = [process for process in found.processes if process.launch.namespace == node.namespace]
    kill(by_number(own))
    kill(cgroups.members(node.cgroup))
    kill(_supervisors(node))


def start_node(number: int) -> None:
    """Switch the node on again. Raises SandboxError."""
    node, found = _node(number), _cluster()
    for process in list(found.processes):
        if process.launch.namespace == node.namespace and not is_alive(process):
            _replace(found, process)
    record.save(found, state_root())


def _replace(found: Record, process: Process) -> None:
    found.processes[found.processes.index(process)] = start(process.launch, state_root())


def _supervisors(node: Node) -> dict[int, int]:
    # containerd's supervisors of the node's pods: in no pod's group, told apart by the network they live in.
    namespace = (network.NETNS_FOLDER / node.namespace).stat().st_ino
    return {
        pid: start_time for pid, start_time in marked(state_root()).items() if network.namespace_of(pid) == namespace
    }


def _node(number: int) -> Node:
    for node in NODES:
        if node.number == number:
            return node
    raise SandboxError(f"there is no node {number}: they are 1 to {len(NODES)}")


def _cluster() -> Record:
    found = record.load(state_root())
    if not found:
        raise SandboxError("no cluster is running: `python -m sandbox up` starts one")
    return found
