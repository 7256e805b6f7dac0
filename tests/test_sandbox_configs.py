"""The configuration files' texts."""

import base64
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sandbox import configs, dns, launches, layout, manifests, network, pins
from sandbox.topology import HOST_LINK, NODES, ROUTED_FROM_HOST

NODE = NODES[1]


def test_containerd_keeps_everything_below_its_node() -> None:
    text = configs.containerd_config(Path("/s/n/root"), Path("/s/n/state"), Path('/s/n/"odd".sock'), Path("/s/n/cni"))
    config = tomllib.loads(text)
    assert (config["root"], config["state"]) == ("/s/n/root", "/s/n/state")
    assert config["grpc"]["address"] == '/s/n/"odd".sock'
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["sandbox_image"] == pins.PAUSE_IMAGE
    assert cri["cni"]["conf_dir"] == "/s/n/cni"


def test_store_containerd_has_no_kubernetes() -> None:
    config = tomllib.loads(configs.containerd_store_config(Path("/r"), Path("/s"), Path("/s.sock")))
    assert "io.containerd.grpc.v1.cri" in config["disabled_plugins"]
    assert config["plugins"]["io.containerd.internal.v1.opt"]["path"] == "/s/opt"


def test_kubelet_config() -> None:
    config = json.loads(configs.kubelet_config(NODE, Path("/n/c.sock"), Path("/pki"), Path("/n/logs")))
    assert config["containerRuntimeEndpoint"] == "unix:///n/c.sock"
    assert config["cgroupRoot"] == "/mysql-k8s-node2"
    assert config["clusterDNS"] == ["10.201.0.1"]
    assert config["tlsCertFile"] == "/pki/kubelet-node2.crt"
    assert config["podLogsDir"] == "/n/logs"
    assert config["authentication"]["anonymous"] == {"enabled": False}


def test_each_node_has_its_own_pod_network() -> None:
    subnets = [
        json.loads(configs.cni_config(node, Path("/a")))["plugins"][0]["ipam"]["ranges"][0][0]["subnet"]
        for node in NODES
    ]
    assert subnets == ["10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24"]


def test_corefile() -> None:
    assert (
        configs.corefile(Path("/k"))
        == """cluster.local:53 in-addr.arpa:53 {
  bind 10.201.0.1
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig /k sandbox
    pods insecure
    ttl 2
  }
}
.:53 {
  bind 10.201.0.1
  template ANY ANY {
    rcode NXDOMAIN
  }
}
"""
    )


QUESTION = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00\x00\x01\x00\x01"


def test_dns_question() -> None:
    assert dns.question("a.bc") == QUESTION


def test_dns_answer() -> None:
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x02\x00\x04"
    answer = QUESTION[:6] + b"\x00\x02" + QUESTION[8:] + record + b"\x0a\x60\x00\x01" + record + b"\x0a\x60\x00\x02"
    assert dns.addresses(answer) == ["10.96.0.1", "10.96.0.2"]
    assert dns.addresses(QUESTION) == []
    for length in range(len(answer) - 1):
        assert dns.addresses(answer[:length]) == [], "a torn packet is no answer"


def test_kubeconfig() -> None:
    config = json.loads(configs.kubeconfig("https://a:1", "Q0E=", "Q0VSVA==", "S0VZ"))
    assert config["clusters"][0]["cluster"] == {"server": "https://a:1", "certificate-authority-data": "Q0E="}
    assert config["users"][0]["user"] == {"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"}
    assert config["current-context"] == config["contexts"][0]["name"]


def test_volumes_of_two_nodes_never_share_a_folder() -> None:
    mapping = json.loads(configs.local_path_config(Path("/v"), NODES))["nodePathMap"]
    assert [entry["node"] for entry in mapping] == ["node1", "node2", "node3"]
    assert len({entry["paths"][0] for entry in mapping}) == 3


def test_default_storage_class() -> None:
    (storage,) = [body for _path, body in manifests.all_objects() if body["kind"] == "StorageClass"]
    assert storage["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert (storage["volumeBindingMode"], storage["reclaimPolicy"]) == ("WaitForFirstConsumer", "Delete")


def test_every_launch_has_its_name_and_log() -> None:
    files = layout.Layout(Path("/state"))
    programs = {name: Path(f"/bin/{name}") for name in ("kube", "coredns", "local-path-provisioner")}
    made = [launches.etcd(files), launches.apiserver(files, programs), *launches.controllers(files, programs)]
    for node in NODES:
        made += [
            launches.containerd(files, node),
            launches.kubelet(files, node, programs),
            launches.proxy(files, node, programs),
        ]
    assert len({launch.name for launch in made}) == len(made)
    assert all(launch.log == f"/state/log/{launch.name}.log" for launch in made)
    assert all(launch.namespace for launch in made), "nothing may run in the host's network"


def test_network_has_no_way_out() -> None:
    commands = network.build_commands()
    host_routes = [command for command in commands if command[:3] == ["ip", "route", "add"]]
    assert [command[3] for command in host_routes] == list(ROUTED_FROM_HOST)
    assert not [command for command in commands if "default" in command and "mysql-k8s-control" in command]
    assert not [command for command in commands if "masquerade" in " ".join(command).lower()]


@pytest.mark.parametrize(
    ("target", "conflict"),
    [
        ("default", False),
        ("10.0.0.0/8", False),
        ("192.168.1.0/24", False),
        (HOST_LINK, True),
        ("10.201.1.1", True),
        ("10.244.7.0/24", True),
        ("10.96.0.0/16", True),
    ],
)
def test_conflicts(target: str, conflict: bool) -> None:
    assert bool(network.conflicts([{"dst": target, "dev": "eth9"}])) is conflict


def test_keys_are_private_and_sign_what_they_should(tmp_path: Path) -> None:
    files = layout.Layout(tmp_path)
    layout.write_files(files)
    secret = [*files.pki.iterdir(), files.kubeconfig, *files.control.glob("*.kubeconfig")]
    assert {file.stat().st_mode & 0o777 for file in secret} == {0o600}
    admin: dict[str, Any] = json.loads(files.kubeconfig.read_text())
    assert admin["clusters"][0]["cluster"]["server"] == "https://10.201.1.2:6443"
    authority = base64.b64decode(admin["clusters"][0]["cluster"]["certificate-authority-data"])
    assert authority == (files.pki / "ca.crt").read_bytes()


def test_certificates() -> None:
    from cryptography import x509

    from sandbox.certificates import Authority

    authority = Authority.create("test-ca")
    certificate = x509.load_pem_x509_certificate(
        authority.issue("system:node:node1", "system:nodes", ("node1", "10.0.0.1")).certificate
    )
    certificate.verify_directly_issued_by(authority.certificate)
    assert certificate.subject.rfc4514_string() == "CN=system:node:node1,O=system:nodes"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node1"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
