"""The packet filters are valid, and leave loopback and the kubelet's probes alone."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from faults import packet_rules
from faults.packet_rules import BOTH, Way

from sandbox.shell import system_path
from sandbox.topology import NODES

NODE = NODES[1]
RULES = {
    "peers": packet_rules.no_peers(NODE, *BOTH),
    "peers, incoming": packet_rules.no_peers(NODE, Way.IN),
    "peers, outgoing": packet_rules.no_peers(NODE, Way.OUT),
    "clients": packet_rules.no_clients(),
    "API server": packet_rules.no_api_server(),
    "loss": packet_rules.lossy(NODE, 30),
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_nft_understands_them(rules: str) -> None:
    nft = shutil.which("nft", path=system_path())
    if not nft:
        pytest.skip("no nft on this machine")
    done = subprocess.run(
        ["unshare", "--net", "--map-root-user", nft, "--check", "--file", "-"], input=rules, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_loopback_is_left_alone(rules: str) -> None:
    assert rules.count('"lo" accept') == rules.count("chain ")


@pytest.mark.parametrize("name", ["peers", "peers, incoming", "peers, outgoing", "loss"])
def test_the_kubelet_is_left_alone(name: str) -> None:
    """Its probes come from the node's address at the pod's link, which is the gateway."""
    assert packet_rules.gateway(NODE) == "10.244.2.1"
    assert RULES[name].count("addr != 10.244.2.1") == RULES[name].count("chain ")


def test_an_asymmetrical_cut_drops_one_way_only() -> None:
    assert "output" not in RULES["peers, incoming"]
    assert "input" not in RULES["peers, outgoing"]
    assert "saddr" in RULES["peers, incoming"]
    assert "daddr" in RULES["peers, outgoing"]
