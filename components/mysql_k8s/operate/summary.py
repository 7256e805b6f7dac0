"""What a person needs after a good `up` (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .documents import part

HOSTS = {
    "writes": ("primary_host", "port"),
    "reads": ("read_host", "port"),
    "router, writes": ("router_host", "router_port"),
    "router, reads": ("router_host", "router_read_port"),
}


def hosts(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Label and address of each service that clients use."""
    return {
        label: f"{outputs[host]}:{outputs.get(port, 3306)}"
        for label, (host, port) in HOSTS.items()
        if outputs.get(host)
    }


def summary(outputs: Mapping[str, Any], stack: str, seconds: float) -> str:
    secrets = part(outputs, "secret_names")
    rows = [*hosts(outputs).items(), *((f"user {user}", f"Secret {secret}") for user, secret in secrets.items())]
    suffix = "" if stack == "dev" else f" STACK={stack}"
    rows.append(("next", f"make status{suffix} | make sql{suffix} | make outputs{suffix}"))
    width = max(len(label) for label, _ in rows)
    lines = [f"  {label:<{width}}  {text}" for label, text in rows]
    return "\n".join([f"\nDone in {seconds:.0f} s.", *lines])
