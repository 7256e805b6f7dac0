"""The text of every configuration file: pure functions. JSON is YAML, so what reads YAML is given JSON."""

import json
from pathlib import Path
from typing import Any

from sandbox import pins
from sandbox.topology import (
    CLUSTER_DOMAIN,
    DNS_ADDRESS,
    POD_NETWORK,
    Node,
)

CNI_PLUGINS = "/usr/lib/cni"


def containerd_config(root: Path, state: Path, socket: Path, cni: Path) -> str:
    """A node's containerd, the container runtime of its kubelet."""
    return f"""version = 2
root = {_toml(root)}
state = {_toml(state)}
{_UNUSED_PLUGINS}
[grpc]
  address = {_toml(socket)}
[plugins."io.containerd.internal.v1.opt"]
  path = {_toml(root / "opt")}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = {_toml(pins.PAUSE_IMAGE)}
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = {_toml(CNI_PLUGINS)}
    conf_dir = {_toml(cni)}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
"""


def containerd_store_config(root: Path, state: Path, socket: Path) -> str:
    """A containerd without Kubernetes, that only imports images into `root`."""
    return f"""version = 2
root = {_toml(root)}
state = {_toml(state)}
{_UNUSED_PLUGINS.replace("[", '["io.containerd.grpc.v1.cri", ', 1)}
[grpc]
  address = {_toml(socket)}
[plugins."io.containerd.internal.v1.opt"]
  path = {_toml(state / "opt")}
"""


_UNUSED_PLUGINS = (
    "disabled_plugins = ["
    + ", ".join(f'"io.containerd.snapshotter.v1.{name}"' for name in ("aufs", "btrfs", "devmapper", "zfs"))
    + "]"
)


def cni_config(node: Node, leases: Path) -> str:
    """The pod network of a node: a routed cable per pod, so that all traffic between pods passes kube-proxy's rules."""
    return _json(
        {
            "cniVersion": "0.4.0",
            "name": "mysql-k8s-pods",
            "plugins": [
                {
                    "type": "ptp",
                    "ipMasq": False,
                    "ipam": {
                        "type": "host-local",
                        "dataDir": str(leases),
                        "ranges": [[{"subnet": node.pod_network}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                },
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }
    )


def kubelet_config(node: Node, socket: Path, pki: Path, pod_logs: Path) -> str:
    """A node's kubelet."""
    return _json(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(pki / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "address": node.address,
            "tlsCertFile": str(pki / f"kubelet-{node.name}.crt"),
            "tlsPrivateKeyFile": str(pki / f"kubelet-{node.name}.key"),
            "containerRuntimeEndpoint": f"unix://{socket}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{node.cgroup}",
            "clusterDNS": [DNS_ADDRESS],
            "clusterDomain": CLUSTER_DOMAIN,
            "resolvConf": "",
            "podLogsDir": str(pod_logs),
            "failSwapOn": False,
            "serializeImagePulls": False,
            "configMapAndSecretChangeDetectionStrategy": "Watch",
            "nodeStatusUpdateFrequency": "5s",
            # The machine's disk and memory are not the cluster's: evict only when there is really nothing left.
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            # An image that was removed could not be fetched again.
            "imageGCHighThresholdPercent": 100,
        }
    )


def proxy_config(node: Node, kubeconfig: Path) -> str:
    """A kube-proxy that acts for `node`."""
    return _json(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clusterCIDR": POD_NETWORK,
            "detectLocalMode": "ClusterCIDR",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "hostnameOverride": node.name,
            # The limits of connection tracking are the machine's, not a namespace's.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }
    )


def corefile(kubeconfig: Path) -> str:
    """CoreDNS: the cluster's names; every other name does not exist, at once, since nothing outside can be asked."""
    return f"""{CLUSTER_DOMAIN}:53 in-addr.arpa:53 {{
  bind {DNS_ADDRESS}
  errors
  kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
    kubeconfig {kubeconfig} sandbox
    pods insecure
    ttl 2
  }}
}}
.:53 {{
  bind {DNS_ADDRESS}
  template ANY ANY {{
    rcode NXDOMAIN
  }}
}}
"""


def local_path_config(volumes: Path, nodes: tuple[Node, ...]) -> str:
    """local-path-provisioner: each node's volumes in a folder of its own, since all nodes see the same disk."""
    return _json(
        {
            "nodePathMap": [{"node": node.name, "paths": [str(volumes / node.name)]} for node in nodes],
        }
    )


def kubeconfig(server: str, authority: str, certificate: str, key: str) -> str:
    """A kubeconfig with the context `sandbox`; the certificates and the key are given in base64."""
    return _json(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "sandbox", "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": "sandbox", "user": {"client-certificate-data": certificate, "client-key-data": key}}],
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
            "current-context": "sandbox",
        }
    )


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"


def _toml(value: Path | str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(str(value))
