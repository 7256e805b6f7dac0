"""Names and addresses of the cluster: three nodes on a bridge, pods behind each node, a link to the host.

    host 10.201.1.1 -- 10.201.1.2 control plane 10.201.0.1 --+-- node1 10.201.0.11, pods 10.244.1.0/24
                                                             +-- node2 10.201.0.12, pods 10.244.2.0/24
                                                             +-- node3 10.201.0.13, pods 10.244.3.0/24

Nothing has a route to the outside, so no packet can leave the machine.
"""

from dataclasses import dataclass

NODE_COUNT = 3

HOST_INTERFACE = "mysqlk8s0"
HOST_ADDRESS = "10.201.1.1"
HOST_LINK = "10.201.1.0/30"
CONTROL_HOST_ADDRESS = "10.201.1.2"

CONTROL_NAMESPACE = "mysql-k8s-control"
CONTROL_ADDRESS = "10.201.0.1"
NODE_NETWORK = "10.201.0.0/24"
POD_NETWORK = "10.244.0.0/16"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
API_PORT = 6443
DNS_ADDRESS = CONTROL_ADDRESS
"""Outside the Service network: kube-proxy rejects addresses in there that belong to no Service."""
CLUSTER_DOMAIN = "cluster.local"

ROUTED_FROM_HOST = (NODE_NETWORK, POD_NETWORK, SERVICE_NETWORK)


@dataclass(frozen=True)
class Node:
    """One node, by its number from 1."""

    number: int

    @property
    def name(self) -> str:
        """The node's name in Kubernetes."""
        return f"node{self.number}"

    @property
    def zone(self) -> str:
        """The failure zone: each node has its own."""
        return f"zone{self.number}"

    @property
    def address(self) -> str:
        """The node's address on the bridge."""
        return f"10.201.0.{10 + self.number}"

    @property
    def pod_network(self) -> str:
        """Where the addresses of the node's pods come from."""
        return f"10.244.{self.number}.0/24"

    @property
    def namespace(self) -> str:
        """The node's network namespace."""
        return f"mysql-k8s-{self.name}"

    @property
    def cgroup(self) -> str:
        """The cgroup below which all containers of the node run."""
        return f"mysql-k8s-{self.name}"

    @property
    def bridge_port(self) -> str:
        """The control plane's end of the node's cable."""
        return f"n{self.number}"


NODES = tuple(Node(number) for number in range(1, NODE_COUNT + 1))
NAMESPACES = (CONTROL_NAMESPACE, *(node.namespace for node in NODES))
CGROUPS = tuple(node.cgroup for node in NODES)
