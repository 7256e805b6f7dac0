"""The cluster's network as a list of `ip` commands, and the checks that nothing else uses its names and addresses."""

import ipaddress
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.shell import attempt, output
from sandbox.topology import (
    CONTROL_ADDRESS,
    CONTROL_HOST_ADDRESS,
    CONTROL_NAMESPACE,
    HOST_ADDRESS,
    HOST_INTERFACE,
    HOST_LINK,
    NAMESPACES,
    NODES,
    ROUTED_FROM_HOST,
    Node,
)

NETNS_FOLDER = Path("/run/netns")
Command = list[str]

# The host opens connections to pods; pods must not reach what listens on the host.
NO_WAY_TO_HOST = """
table ip sandbox {
  chain forward {
    type filter hook forward priority filter; policy accept;
    oifname "host" ct state new drop
  }
}
"""


def build_commands() -> list[Command]:
    """The commands that make all of the network, in order."""
    return [
        *_control_plane(),
        *(command for node in NODES for command in _node(node)),
        *_host_link(),
    ]


def build() -> None:
    """Make the network. Raises SandboxError with what `ip` said."""
    for command in build_commands():
        output(command)


def remove_interface(name: str) -> None:
    """Delete an interface of the host, if it is there."""
    attempt(["ip", "link", "delete", name])


def remove_namespace(name: str) -> None:
    """Delete a network namespace, if it is there, and with it every interface and rule in it."""
    if (NETNS_FOLDER / name).exists():
        output(["ip", "netns", "delete", name])


def set_cable(node: Node, *, plugged: bool) -> None:
    """Cut a node off from everything, or connect it again. Raises SandboxError if there is no such cable."""
    output(_in(CONTROL_NAMESPACE, "link", "set", node.bridge_port, "up" if plugged else "down"))


def check_unused() -> None:
    """Raise SandboxError if an interface, a namespace or an address range of the cluster is used by something else."""
    if attempt(["ip", "link", "show", "dev", HOST_INTERFACE]).returncode == 0:
        raise SandboxError(
            f"the interface {HOST_INTERFACE} exists and was not made by this sandbox: if it is the remainder of "
            f"another one, remove it with `ip link delete {HOST_INTERFACE}`"
        )
    for name in NAMESPACES:
        if (NETNS_FOLDER / name).exists():
            raise SandboxError(
                f"the network namespace {name} exists and was not made by this sandbox: if it is the remainder of "
                f"another one, remove it with `ip netns delete {name}`"
            )
    taken = conflicts(json.loads(output(["ip", "-json", "-4", "route", "show", "table", "all"])))
    if taken:
        raise SandboxError(
            f"the sandbox needs {' '.join((HOST_LINK, *ROUTED_FROM_HOST))}, but this machine uses "
            f"{', '.join(taken)}: remove that route or address first"
        )


def conflicts(routes: Iterable[dict[str, Any]]) -> list[str]:
    """Those of the machine's routes (as `ip -json route` gives them) that lie inside a range of the cluster.

    A wider route, such as 10.0.0.0/8 of a VPN, is none: the cluster's narrower ones take precedence.
    """
    ranges = [ipaddress.ip_network(text) for text in (HOST_LINK, *ROUTED_FROM_HOST)]
    found: list[str] = []
    for route in routes:
        if route["dst"] == "default":
            continue
        target = ipaddress.ip_network(route["dst"])
        if any(target.version == own.version and target.subnet_of(own) for own in ranges):  # type: ignore[arg-type]
            found.append(f"{route['dst']} (dev {route.get('dev', 'unknown')})")
    return found


def _in(namespace: str, *words: str) -> Command:
    return ["ip", "-n", namespace, *words]


def _sysctl(namespace: str, *settings: str) -> Command:
    # -e: the bridge's setting exists only where the kernel can filter bridged packets.
    return ["nsenter", f"--net={NETNS_FOLDER / namespace}", "--", "sysctl", "-q", "-e", "-w", *settings]


def _control_plane() -> list[Command]:
    return [
        ["ip", "netns", "add", CONTROL_NAMESPACE],
        _in(CONTROL_NAMESPACE, "link", "set", "lo", "up"),
        _in(CONTROL_NAMESPACE, "link", "add", "br0", "type", "bridge"),
        _in(CONTROL_NAMESPACE, "address", "add", f"{CONTROL_ADDRESS}/24", "dev", "br0"),
        _in(CONTROL_NAMESPACE, "link", "set", "br0", "up"),
        # What only crosses the bridge is the nodes' business, not that of the rules of this namespace.
        _sysctl(CONTROL_NAMESPACE, "net.ipv4.ip_forward=1", "net.bridge.bridge-nf-call-iptables=0"),
        ["nsenter", f"--net={NETNS_FOLDER / CONTROL_NAMESPACE}", "--", "nft", NO_WAY_TO_HOST],
    ]


def _node(node: Node) -> list[Command]:
    neighbours = [other for other in NODES if other != node]
    return [
        ["ip", "netns", "add", node.namespace],
        _in(node.namespace, "link", "set", "lo", "up"),
        _in(
            node.namespace,
            "link",
            "add",
            "eth0",
            "type",
            "veth",
            "peer",
            "name",
            node.bridge_port,
            "netns",
            CONTROL_NAMESPACE,
        ),
        _in(CONTROL_NAMESPACE, "link", "set", node.bridge_port, "master", "br0", "up"),
        _in(node.namespace, "address", "add", f"{node.address}/24", "dev", "eth0"),
        _in(node.namespace, "link", "set", "eth0", "up"),
        _in(node.namespace, "route", "add", "default", "via", CONTROL_ADDRESS),
        _sysctl(node.namespace, "net.ipv4.ip_forward=1"),
        *(_in(node.namespace, "route", "add", other.pod_network, "via", other.address) for other in neighbours),
        _in(CONTROL_NAMESPACE, "route", "add", node.pod_network, "via", node.address),
    ]


def _host_link() -> list[Command]:
    return [
        ["ip", "link", "add", HOST_INTERFACE, "type", "veth", "peer", "name", "host", "netns", CONTROL_NAMESPACE],
        ["ip", "address", "add", f"{HOST_ADDRESS}/30", "dev", HOST_INTERFACE],
        ["ip", "link", "set", HOST_INTERFACE, "up"],
        _in(CONTROL_NAMESPACE, "address", "add", f"{CONTROL_HOST_ADDRESS}/30", "dev", "host"),
        _in(CONTROL_NAMESPACE, "link", "set", "host", "up"),
        *(["ip", "route", "add", target, "via", CONTROL_HOST_ADDRESS] for target in ROUTED_FROM_HOST),
    ]


def namespace_of(pid: int) -> int | None:
    """The number (inode) of the network namespace that a process lives in; None if it has ended."""
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return None
