"""Packet filters for the inside of a pod's network, in the language of nft. Pure.

Loopback and the node's own address stay as they are, so that the kubelet's probes go on; the node's address is the
pod's gateway, the first one of the node's pod network.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum

from sandbox.topology import API_PORT, API_SERVICE_ADDRESS, CONTROL_ADDRESS, POD_NETWORK, Node

from .debts import TABLE

HOST_NETWORK = "10.201.0.0/16"
"""Where clients outside of pods come from: the host's link, or the control plane that forwards for them."""
MYSQL_PORT = 3306
KUBERNETES_PORTS = f"{{ 443, {API_PORT} }}"


class Way(StrEnum):
    """Which packets are dropped, as the pod sees it."""

    IN = "incoming"
    OUT = "outgoing"


BOTH = (Way.IN, Way.OUT)


def gateway(node: Node) -> str:
    """The node's address on its side of the pods."""
    return str(ipaddress.ip_network(node.pod_network)[1])


def no_peers(node: Node, *ways: Way) -> str:
    """No packets from (or to) other pods."""
    return _table(
        {way: f"ip {_far(way)} {POD_NETWORK} ip {_far(way)} != {gateway(node)} drop" for way in ways},
    )


def no_clients() -> str:
    """No packets of MySQL's protocol between the pod and anything that is not a pod."""
    port = {Way.IN: f"tcp dport {MYSQL_PORT}", Way.OUT: f"tcp sport {MYSQL_PORT}"}
    return _table({way: f"ip {_far(way)} {HOST_NETWORK} {port[way]} drop" for way in BOTH})


def no_api_server() -> str:
    """No packets between the pod and the API server."""
    port = {Way.IN: f"tcp sport {KUBERNETES_PORTS}", Way.OUT: f"tcp dport {KUBERNETES_PORTS}"}
    return _table(
        {way: f"ip {_far(way)} {{ {API_SERVICE_ADDRESS}, {CONTROL_ADDRESS} }} {port[way]} drop" for way in BOTH}
    )


def lossy(node: Node, percent: int) -> str:
    """So many of a hundred packets are dropped, in either direction, whoever the other side is."""
    chance = f"numgen random mod 100 < {percent} drop"
    return _table({way: f"ip {_far(way)} != {gateway(node)} {chance}" for way in BOTH})


def _far(way: Way) -> str:
    return "saddr" if way is Way.IN else "daddr"


def _table(rules: dict[Way, str]) -> str:
    hooks = {Way.IN: ("input", "iifname"), Way.OUT: ("output", "oifname")}
    chains = "\n".join(
        f"  chain {hooks[way][0]} {{\n"
        f"    type filter hook {hooks[way][0]} priority -300; policy accept;\n"
        f'    {hooks[way][1]} "lo" accept\n'
        f"    {rule}\n"
        "  }"
        for way, rule in rules.items()
    )
    return f"table inet {TABLE} {{\n{chains}\n}}\n"
