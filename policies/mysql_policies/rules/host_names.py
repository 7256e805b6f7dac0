"""A pod's address changes with the pod, a Service's with the Service; their names do not."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from ..credentials import words
from ..manifest import Manifest
from ..pods import pod_of
from ..rule import ADVISORY, EXCEPTIONS, About, Config, Finding, Violation, resource_policy
from ..values import mapping, mappings, sequence
from ..vocabulary import HOSTS, NOT_HOSTS

_ADDRESS = re.compile(r"(?<![\w.])((?:\d{1,3}\.){3}\d{1,3})(?![\w.]|/\d)")
_SETTING = re.compile(r"^\s*(?:export\s+|-\s+|--)?[\"']?([A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*[\"']?(.+?)[\"']?,?\s*$")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^\s/@]*@)?((?:\d{1,3}\.){3}\d{1,3})(?=[:/?,\s\"']|$)")
ABOUT = About(
    "hosts-by-name",
    "Hosts are given by name, not by IP address.",
    "Use the DNS name of a Service, such as orders-primary.shop.svc; for a host outside the cluster, its own or that "
    "of an ExternalName Service.",
    EXCEPTIONS,
    ADVISORY,
)


def host_names(manifest: Manifest, config: Config) -> Iterator[Finding]:
    for where, name, text in _settings(manifest):
        found = _URL.search(text) or (_ADDRESS.search(text) if _names_host(name) else None)
        if found and _elsewhere(found[1]):
            yield Violation(
                f"{where} of {manifest.title} must be a host name, got {found[1]}. Use a Service's DNS name."
            )


def _settings(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Place, name and value of whatever may name a host."""
    if manifest.kind == "ConfigMap":
        for key, text in mapping(manifest.body.get("data")).items():
            if isinstance(text, str):
                yield f"data['{key}']", key, text if "\n" not in text else ""
                yield from ((f"data['{key}']: {name}", name, value) for name, value in _lines(text))
    if pod := pod_of(manifest):
        for container in pod.all_containers:
            for variable in mappings(container.body.get("env")):
                if isinstance(variable.get("value"), str):
                    name = str(variable.get("name"))
                    yield f"env {name} of {container.title}", name, variable["value"]
            for key in ("command", "args"):
                for text in sequence(container.body.get(key)):
                    if isinstance(text, str):
                        yield f"{key} of {container.title}", "", text
                        yield from ((f"{key} of {container.title}: {n}", n, v) for n, v in _lines(text))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if found := _SETTING.match(line):
            yield found[1], found[2]


def _names_host(name: str) -> bool:
    named = set(words(name))
    return not named.isdisjoint(HOSTS) and named.isdisjoint(NOT_HOSTS)


def _elsewhere(address: str) -> bool:
    """Neither this machine, nor all addresses, nor no address at all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_link_local or parsed.is_multicast)


POLICY = resource_policy(ABOUT, host_names)
