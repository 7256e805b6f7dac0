"""The settings that a MySQL server will have, so far as the stack shows them: option files, arguments, flags in env."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from .manifest import Manifest
from .pods import Container, Pod
from .values import UNKNOWN, dig, mapping, mappings, sequence

Settings = dict[str, str]
_SECTIONS = re.compile(r"mysqld(-[0-9.]+)?|server|mariadb(d)?(-[0-9.]+)?|galera")
_FLAGS = ("MYSQL_EXTRA_FLAGS", "MARIADB_EXTRA_FLAGS")


def settings_of(container: Container, pod: Pod, stack: list[Manifest]) -> tuple[Settings, list[str]]:
    """Settings by name with underscores, the later and stronger ones winning; and what is not known yet."""
    settings: Settings = {}
    not_known: list[str] = []
    for config_map in _mounted(container, pod, stack):
        data = config_map.body.get("data")
        if data is UNKNOWN:
            not_known.append(f"data of {config_map.title}")
        for key, text in mapping(data).items():
            if text is UNKNOWN:
                not_known.append(f"data['{key}'] of {config_map.title}")
            elif isinstance(text, str) and (key.endswith((".cnf", ".ini")) or "[mysqld]" in text):
                settings |= parse(text)
    for key in ("command", "args"):
        words = container.body.get(key)
        if words is UNKNOWN or UNKNOWN in sequence(words):
            not_known.append(f"{key} of {container.title} of {pod.owner.title}")
        settings |= options(_words(word for word in sequence(words) if isinstance(word, str)))
    for variable in mappings(container.body.get("env")):
        if variable.get("name") in _FLAGS and isinstance(variable.get("value"), str):
            settings |= options(_words([variable["value"]]))
    return settings, not_known


def parse(text: str) -> Settings:
    """The server's sections of an option file (manual, "Using Option Files")."""
    settings: Settings = {}
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
        elif line and line[0] not in "#;!" and _SECTIONS.fullmatch(section):
            key, _, value = line.partition("=")
            settings[_normal(key)] = value.split(" #", 1)[0].strip().strip("'\"")
    return settings


def options(words: Iterable[str]) -> Settings:
    """``--some-option=value`` and ``--some-option value``."""
    settings: Settings = {}
    waiting = ""
    for word in words:
        if word.startswith("--"):
            key, equals, value = word[2:].partition("=")
            waiting = "" if equals else _normal(key)
            if equals:
                settings[_normal(key)] = value.strip("'\"")
        elif waiting:
            settings[waiting] = word
            waiting = ""
    return settings


def _normal(key: str) -> str:
    return key.strip().lower().replace("-", "_").removeprefix("loose_")


def _words(arguments: Iterable[str]) -> Iterator[str]:
    """The arguments, and the words of those that are shell text."""
    for argument in arguments:
        if " " not in argument and "\n" not in argument:
            yield argument
            continue
        try:
            yield from shlex.split(argument, comments=True)
        except ValueError:
            yield from argument.split()


def _mounted(container: Container, pod: Pod, stack: list[Manifest]) -> Iterator[Manifest]:
    mounts = {mount.get("name") for mount in mappings(container.body.get("volumeMounts"))}
    names: set[Any] = set()
    for volume in mappings(pod.spec.get("volumes")):
        if volume.get("name") in mounts:
            names.add(dig(volume, "configMap", "name"))
            names |= {dig(source, "configMap", "name") for source in mappings(dig(volume, "projected", "sources"))}
    for each in stack:
        if each.kind == "ConfigMap" and each.namespace == pod.owner.namespace and each.name in names:
            yield each
