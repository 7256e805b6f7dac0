"""The state folder of a cluster: which file lies where, and the writing of those that exist before anything runs."""

import base64
from dataclasses import dataclass
from pathlib import Path

from sandbox import configs
from sandbox.manifests import DNS_USER, helper_pod
from sandbox.topology import (
    API_PORT,
    API_SERVICE_ADDRESS,
    CLUSTER_DOMAIN,
    CONTROL_ADDRESS,
    CONTROL_HOST_ADDRESS,
    NODES,
    Node,
)

API_HOSTS = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{CLUSTER_DOMAIN}",
    "127.0.0.1",
    API_SERVICE_ADDRESS,
    CONTROL_ADDRESS,
    CONTROL_HOST_ADDRESS,
)


@dataclass(frozen=True)
class User:
    """Who speaks to the API server: name of the files, name and group in the certificate, own addresses."""

    file: str
    name: str
    group: str | None = None
    hosts: tuple[str, ...] = ()


ADMIN = User("admin", "sandbox:admin", "system:masters")
USERS = (
    ADMIN,
    User("controller-manager", "system:kube-controller-manager"),
    User("scheduler", "system:kube-scheduler"),
    User("proxy", "system:kube-proxy"),
    User("coredns", DNS_USER),
    User("local-path", "sandbox:local-path-provisioner", "system:masters"),
)


@dataclass(frozen=True)
class NodeLayout:
    """A node's files."""

    folder: Path

    @property
    def store(self) -> Path:
        """containerd's images and containers."""
        return self.folder / "root"

    @property
    def run(self) -> Path:
        """containerd's own state."""
        return self.folder / "state"

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.folder / "containerd.sock"

    @property
    def cni(self) -> Path:
        """The folder of the pod network's configuration."""
        return self.folder / "cni"

    @property
    def kubelet(self) -> Path:
        """kubelet's own folder."""
        return self.folder / "kubelet"

    @property
    def pod_logs(self) -> Path:
        """The containers' output."""
        return self.folder / "pod-logs"


@dataclass(frozen=True)
class Layout:
    """The files of the cluster in `state`."""

    state: Path

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.state / "pki"

    @property
    def logs(self) -> Path:
        """The processes' output."""
        return self.state / "log"

    @property
    def control(self) -> Path:
        """Configuration of the control plane."""
        return self.state / "control"

    @property
    def etcd(self) -> Path:
        """etcd's data."""
        return self.state / "etcd"

    @property
    def volumes(self) -> Path:
        """The pods' volumes, a folder per node."""
        return self.state / "volumes"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, usable from the host."""
        return self.state / "kubeconfig"

    def user_config(self, user: str) -> Path:
        """The kubeconfig of a part of the cluster."""
        return self.control / f"{user}.kubeconfig"

    def node(self, node: Node) -> NodeLayout:
        """A node's files."""
        return NodeLayout(self.state / node.name)


def write_files(layout: Layout) -> None:
    """Write keys and configuration of a new cluster."""
    for folder in (layout.pki, layout.logs, layout.control, layout.volumes):
        folder.mkdir()
    _write_keys(layout)
    (layout.control / "Corefile").write_text(configs.corefile(layout.user_config("coredns")))
    (layout.control / "proxy.json").write_text(configs.proxy_config(NODES[0], layout.user_config("proxy")))
    (layout.control / "local-path.json").write_text(configs.local_path_config(layout.volumes, NODES))
    (layout.control / "helper-pod.yaml").write_text(helper_pod())
    for node in NODES:
        _write_node(layout, node)


def _write_node(layout: Layout, node: Node) -> None:
    files = layout.node(node)
    for folder in (files.folder, files.cni, files.pod_logs, layout.volumes / node.name):
        folder.mkdir()
    (files.folder / "containerd.toml").write_text(
        configs.containerd_config(files.store, files.run, files.socket, files.cni)
    )
    (files.cni / "10-pods.conflist").write_text(configs.cni_config(node, files.folder / "addresses"))
    (files.folder / "kubelet.json").write_text(configs.kubelet_config(node, files.socket, layout.pki, files.pod_logs))
    (files.folder / "proxy.json").write_text(configs.proxy_config(node, layout.user_config("proxy")))


def _write_keys(layout: Layout) -> None:
    # Imported here: it takes a tenth of a second that commands which make no keys need not spend.
    from sandbox.certificates import Authority, new_key, write_pair, write_private

    authority = Authority.create("sandbox-ca")
    ca = authority.pair()
    write_pair(layout.pki, "ca", ca)
    write_private(layout.pki / "service-accounts.key", new_key())
    write_pair(layout.pki, "apiserver", authority.issue("kube-apiserver", hosts=API_HOSTS))
    for user in (*USERS, *map(_kubelet_user, NODES)):
        pair = authority.issue(user.name, user.group, user.hosts)
        write_pair(layout.pki, user.file, pair)
        credentials = (_base64(ca.certificate), _base64(pair.certificate), _base64(pair.key))
        write_private(layout.user_config(user.file), configs.kubeconfig(_api_url(CONTROL_ADDRESS), *credentials))
        if user is ADMIN:
            write_private(layout.kubeconfig, configs.kubeconfig(_api_url(CONTROL_HOST_ADDRESS), *credentials))


def _kubelet_user(node: Node) -> User:
    # A kubelet is a server as well: for logs and commands in containers.
    return User(f"kubelet-{node.name}", f"system:node:{node.name}", "system:nodes", (node.name, node.address))


def _api_url(address: str) -> str:
    return f"https://{address}:{API_PORT}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
