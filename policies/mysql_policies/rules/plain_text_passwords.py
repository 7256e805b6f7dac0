"""Everybody who may look at a pod or a ConfigMap reads what is in it; a Secret is for the few who may read Secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .. import command_lines, texts
from ..credentials import holds_credential, is_literal, names_credential, words
from ..manifest import Manifest
from ..pods import Container, pod_of
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN, dig, mapping, mappings, sequence, strings

ABOUT = About(
    "no-plain-text-passwords",
    "Passwords, tokens and keys are in Secrets: not in env values, ConfigMaps, commands or annotations.",
    "Put the value into a Secret and refer to it: env valueFrom.secretKeyRef, a mounted file and an option such as "
    "MYSQL_ROOT_PASSWORD_FILE, or --defaults-extra-file for MySQL's clients. Change a value that was published.",
    EXCEPTIONS,
)
Leak = tuple[str, str]
"""where, and what is there"""


def plain_text_passwords(manifest: Manifest, config: Config) -> Iterator[Finding]:
    found: dict[Leak, None] = {}
    for finding in _findings(manifest):
        if isinstance(finding, NotKnown):
            yield finding
        else:
            found[finding] = None
    told: set[str] = set()
    for where, what in found:
        if where not in told:
            told.add(where)
            yield Violation(
                f"{where} of {manifest.title} must not hold {what}. Put it into a Secret and refer to that."
            )


def _findings(manifest: Manifest) -> Iterator[Leak | NotKnown]:
    if manifest.kind == "ConfigMap":
        yield from _in_config_map(manifest)
    if pod := pod_of(manifest):
        yield from pod.not_known
        for container in pod.all_containers:
            yield from _in_env(container, manifest)
            yield from _in_commands(container)
        yield from _in_annotations(pod.annotations, "pod annotation")
    yield from _in_annotations(mapping(dig(manifest.body, "metadata", "annotations")), "annotation")
    if manifest.kind != "Secret":
        yield from _anywhere(manifest)


def _in_env(container: Container, manifest: Manifest) -> Iterator[Leak | NotKnown]:
    for variable in mappings(container.body.get("env")):
        name, value = str(variable.get("name")), variable.get("value")
        where = f"env {name} of {container.title}"
        if value is UNKNOWN and names_credential(name):
            yield NotKnown(f"{where} of {manifest.title}")
        elif isinstance(value, str):
            if _allows_empty(name, value):
                yield where, "the permission to have no password"
            elif names_credential(name) and is_literal(value) and not _working_directory(name, value):
                yield where, "a credential in plain text"
            else:
                yield from ((where, what) for what in _in_value(value))
        if names_credential(name) and dig(variable, "valueFrom", "configMapKeyRef") is not None:
            yield where, "a credential out of a ConfigMap"


def _allows_empty(name: str, value: str) -> bool:
    """MYSQL_ALLOW_EMPTY_PASSWORD and its like: any value but an empty one switches it on."""
    named = words(name)
    return "EMPTY" in named and "PASSWORD" in named and value.strip().lower() not in ("", "no", "false", "0")


def _working_directory(name: str, value: str) -> bool:
    return name in ("PWD", "OLDPWD") and value.startswith("/")


def _in_value(value: str) -> Iterator[str]:
    """A value of another name: a URL, flags, a whole file."""
    if found := holds_credential(value):
        yield found
    if "\n" in value:
        yield from texts.leaks(value)
    elif value.lstrip().startswith("-"):
        yield from command_lines.leaks_in_shell(value)


def _in_commands(container: Container) -> Iterator[Leak]:
    command, arguments = (_texts(container.body.get(key)) for key in ("command", "args"))
    yield from ((f"command of {container.title}", what) for what in command_lines.leaks([*command, *arguments]))
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        words_of = _texts(dig(container.body, name, "exec", "command"))
        yield from ((f"{name} of {container.title}", what) for what in command_lines.leaks(words_of))
    for hook in ("postStart", "preStop"):
        words_of = _texts(dig(container.body, "lifecycle", hook, "exec", "command"))
        yield from ((f"{hook} hook of {container.title}", what) for what in command_lines.leaks(words_of))


def _texts(value: Any) -> list[str]:
    return [text for text in sequence(value) if isinstance(text, str)]


def _in_config_map(manifest: Manifest) -> Iterator[Leak | NotKnown]:
    data = manifest.body.get("data")
    if data is UNKNOWN:
        yield NotKnown(f"data of {manifest.title}")
    for key, text in mapping(data).items():
        where = f"data['{key}']"
        if text is UNKNOWN:
            yield NotKnown(f"{where} of {manifest.title}")
        elif isinstance(text, str):
            if names_credential(key) and "\n" not in text.strip() and is_literal(text):
                yield where, "a credential in plain text"
            yield from ((where, what) for what in texts.leaks(text))


def _in_annotations(annotations: dict[str, Any], kind: str) -> Iterator[Leak]:
    for key, value in annotations.items():
        if not isinstance(value, str):
            continue
        name = key.rpartition("/")[2]
        # By custom, `...-secret: x` names the Secret x.
        holder = names_credential(name) and words(name)[-1] != "SECRET"
        if holder and "\n" not in value and is_literal(value):
            yield f"{kind} {key}", "a credential in plain text"
        yield from ((f"{kind} {key}", what) for what in texts.leaks(value))


def _anywhere(manifest: Manifest) -> Iterator[Leak]:
    """A URL with a password, and a private key, are what they are wherever they stand."""
    for path, text in strings(manifest.body):
        if not _LOOKED_AT.search(path) and (found := holds_credential(text)):
            yield path, found


_LOOKED_AT = re.compile(r"(?:^|\.)(?:annotations|env|command|args)(?:[.\[]|$)|^data\.")


POLICY = resource_policy(ABOUT, plain_text_passwords)
