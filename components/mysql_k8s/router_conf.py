"""mysqlrouter.conf: where a Router listens, and to which Services it leads. Pure.

Destinations are Services, so the Router follows a failover without knowing of the group: what moves is the endpoint
behind an address that stays. (Bootstrapped as in an InnoDB Cluster, it would need a metadata schema and an account.)
"""

from __future__ import annotations

from collections.abc import Mapping

from .args import Router
from .names import PORT, ROUTER_PORT, ROUTER_READ_PORT, Names

HEALTH_PORT = 8080
HEALTH_PATH = "/api/20190715/swagger.json"
"""The description of its own HTTP interface, which is all that it has there: an answer shows that its threads run."""

THREADS = 4
"""Else as many as the node has CPUs, whatever the container may use."""

_NEVER_SHUT = 65535
_NEVER_BLOCK = 4294967295

Sections = Mapping[str, Mapping[str, str | int]]


def render(router: Router, names: Names) -> str:
    """The whole file."""
    return "\n".join(_section(name, options) for name, options in _sections(router, names).items())


def _sections(router: Router, names: Names) -> Sections:
    return {
        "DEFAULT": {"logging_folder": "", "max_total_connections": router.max_connections},
        "logger": {"sinks": "consolelog", "level": "INFO"},
        "io": {"threads": THREADS},
        # Names are looked up by the threads that move data. A Service keeps its address for as long as it exists.
        "host_cache": {"enabled": "true", "ttl_success_seconds": 30, "ttl_negative_seconds": 1},
        # A destination that has failed would be shut to all clients until a look at it, once a second, succeeds. There
        # is no other one to prefer meanwhile: each client may try, and is told at once.
        "destination_status": {"error_quarantine_threshold": _NEVER_SHUT, "error_quarantine_interval": 1},
        "http_server": {"bind_address": "0.0.0.0", "port": HEALTH_PORT, "ssl": 0},
        "rest_api": {},
        "routing:writes": _route(ROUTER_PORT, names.primary_service),
        "routing:reads": _route(ROUTER_READ_PORT, names.read_service),
    }


def _route(port: int, service: str) -> Mapping[str, str | int]:
    return {
        "bind_address": "0.0.0.0",
        "bind_port": port,
        # Its shortest name: the first of the search list of a pod in the same namespace.
        "destinations": f"{service}:{PORT}",
        "routing_strategy": "first-available",
        "protocol": "classic",
        # Client and server agree on TLS with each other, and verify each other: there is no key here to steal.
        "client_ssl_mode": "PASSTHROUGH",
        "server_ssl_mode": "AS_CLIENT",
        # To an endpoint that is gone without a word. A first packet that is lost is sent again after one second.
        "connect_timeout": 2,
        # All that comes through a node may have its address: nobody is locked out for what another one did.
        "max_connect_errors": _NEVER_BLOCK,
    }


def _section(name: str, options: Mapping[str, str | int]) -> str:
    return "".join([f"[{name}]\n", *(f"{key} = {value}".rstrip() + "\n" for key, value in options.items())])
