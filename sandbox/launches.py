"""How each process of the cluster is started: pure functions from paths to arguments."""

from dataclasses import replace
from pathlib import Path

from sandbox.layout import Layout
from sandbox.manifests import PROVISIONER, STORAGE_ACCOUNT, STORAGE_CONFIG, STORAGE_NAMESPACE
from sandbox.pins import PYTHON_IMAGE
from sandbox.processes import Launch
from sandbox.topology import API_PORT, CONTROL_ADDRESS, CONTROL_NAMESPACE, SERVICE_NETWORK, Node

Programs = dict[str, Path]

DEVICE_SOCKET = "/var/lib/kubelet/device-plugins/kubelet.sock"
"""At this path whatever the kubelet's root folder is (kubelet's deviceplugin/v1beta1 constants)."""


def etcd(layout: Layout) -> Launch:
    """The API server's store; reachable inside the control plane's namespace only."""
    return _control(
        layout,
        "etcd",
        (
            "etcd",
            f"--data-dir={layout.etcd}",
            "--log-level=warn",
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",  # the cluster does not survive a power cut anyway
        ),
    )


def apiserver(layout: Layout, programs: Programs) -> Launch:
    """The API server."""
    pki = layout.pki
    return _control(
        layout,
        "apiserver",
        (
            str(programs["kube"]),
            "apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            "--bind-address=0.0.0.0",
            f"--secure-port={API_PORT}",
            # Pods reach the API at the advertised address, so it cannot be the loopback.
            f"--advertise-address={CONTROL_ADDRESS}",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            f"--client-ca-file={pki}/ca.crt",
            f"--service-account-key-file={pki}/service-accounts.key",
            f"--service-account-signing-key-file={pki}/service-accounts.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            f"--kubelet-client-certificate={pki}/admin.crt",
            f"--kubelet-client-key={pki}/admin.key",
            "--kubelet-preferred-address-types=InternalIP",
            "--allow-privileged",
        ),
    )


def controllers(layout: Layout, programs: Programs) -> list[Launch]:
    """What runs on top of the API server: controllers, scheduler, names, volumes, and the host's way to Services."""
    kube, pki = str(programs["kube"]), layout.pki
    return [
        _control(
            layout,
            "controller-manager",
            (
                kube,
                "controller-manager",
                f"--kubeconfig={layout.user_config('controller-manager')}",
                "--leader-elect=false",
                "--use-service-account-credentials",
                f"--root-ca-file={pki}/ca.crt",
                f"--service-account-private-key-file={pki}/service-accounts.key",
                f"--cluster-signing-cert-file={pki}/ca.crt",
                f"--cluster-signing-key-file={pki}/ca.key",
                # Twice as quick as usual to see that a node is lost: tests wait for it.
                "--node-monitor-grace-period=20s",
                "--node-monitor-period=2s",
            ),
        ),
        _control(
            layout,
            "scheduler",
            (
                kube,
                "scheduler",
                f"--kubeconfig={layout.user_config('scheduler')}",
                "--leader-elect=false",
            ),
        ),
        _control(layout, "coredns", (str(programs["coredns"]), "-conf", str(layout.control / "Corefile"))),
        _control(
            layout,
            "local-path",
            (
                str(programs["local-path-provisioner"]),
                "start",
                f"--config={layout.control}/local-path.json",
                f"--helper-pod-file={layout.control}/helper-pod.yaml",
                f"--kubeconfig={layout.user_config('local-path')}",
                f"--namespace={STORAGE_NAMESPACE}",
                f"--configmap-name={STORAGE_CONFIG}",
                f"--service-account-name={STORAGE_ACCOUNT}",
                f"--provisioner-name={PROVISIONER}",
                f"--helper-image={PYTHON_IMAGE}",
            ),
        ),
        _control(layout, "proxy", (kube, "proxy", f"--config={layout.control}/proxy.json")),
    ]


def containerd(layout: Layout, node: Node) -> Launch:
    """A node's container runtime."""
    return _on_node(layout, node, "containerd", ("containerd", f"--config={layout.node(node).folder}/containerd.toml"))


def kubelet(layout: Layout, node: Node, programs: Programs) -> Launch:
    """A node's kubelet."""
    files = layout.node(node)
    launch = _on_node(
        layout,
        node,
        "kubelet",
        (
            str(programs["kube"]),
            "kubelet",
            f"--config={files.folder}/kubelet.json",
            f"--kubeconfig={layout.user_config(f'kubelet-{node.name}')}",
            f"--root-dir={files.kubelet}",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
            f"--node-labels=topology.kubernetes.io/zone={node.zone},topology.kubernetes.io/region=sandbox",
        ),
    )
    return replace(launch, needs=str(files.socket), claims=DEVICE_SOCKET)


def proxy(layout: Layout, node: Node, programs: Programs) -> Launch:
    """A node's kube-proxy."""
    return _on_node(
        layout, node, "proxy", (str(programs["kube"]), "proxy", f"--config={layout.node(node).folder}/proxy.json")
    )


def _control(layout: Layout, name: str, argv: tuple[str, ...]) -> Launch:
    return Launch(name, CONTROL_NAMESPACE, argv, str(layout.logs / f"{name}.log"))


def _on_node(layout: Layout, node: Node, part: str, argv: tuple[str, ...]) -> Launch:
    name = f"{part}-{node.name}"
    return Launch(name, node.namespace, argv, str(layout.logs / f"{name}.log"))
