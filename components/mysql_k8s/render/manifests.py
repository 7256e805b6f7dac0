"""From registered resources to Kubernetes manifests, without any secret (pure)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime import rpc

from .configuration import SECRET
from .generated import MARK, OUTPUT_MARK, SECRET_MARK
from .monitor import Registered

Manifest = dict[str, Any]

COMPUTED = "<computed>"
"""Stands for what is known only once the stack is deployed."""

PATCH = "pulumi.com/patchForce"
"""The annotation of a patch: a few fields of an object that exists already."""

_SHORTEST_SECRET = 6
"""Characters. What is shorter may well stand somewhere else by chance."""

_SECRET_FIELDS = ("data", "stringData")
_CREDENTIAL = re.compile("pass|secret|token|key|cred|auth|dsn|ur[il]", re.IGNORECASE)

_ORDER = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "StorageClass",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "NetworkPolicy",
    "ConfigMap",
    "Secret",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Service",
    "PodDisruptionBudget",
)
"""Kinds that others need come first; a kind that is not named here comes after these, by its name."""


def manifests(registered: Iterable[Registered]) -> list[Manifest]:
    """Every Kubernetes object among ``registered``, in a fixed order."""
    objects = [each for each in registered if _is_object(each)]
    secrets = {text for each in objects for text in _secrets_of(each)}
    made = [_shown(_manifest(each)) for each in objects]
    # Whatever is made from a table with a secret in it counts as one, also the object's own name.
    secrets -= {_metadata(each).get("name") for each in made}
    long_ones = sorted((text for text in secrets if len(text) >= _SHORTEST_SECRET), key=lambda text: (-len(text), text))
    return sorted((cast("Manifest", _without(each, long_ones)) for each in made), key=_sort_key)


def left_out(registered: Iterable[Registered]) -> list[str]:
    """What a provider makes by itself, so that nothing is known of it here: ``type name`` of each."""
    return sorted(f"{each.type} {each.name}" for each in registered if each.remote or _is_release(each))


def _is_object(resource: Registered) -> bool:
    return resource.custom and resource.type.startswith("kubernetes:") and not _is_release(resource)


def _is_release(resource: Registered) -> bool:
    return resource.type.startswith(("kubernetes:helm.sh/", "kubernetes:kustomize/"))


def _manifest(resource: Registered) -> Manifest:
    """Where ``apiVersion`` and ``kind`` are absent, the type has them (``kubernetes:apps/v1:StatefulSet``)."""
    _, api, kind = resource.type.split(":", 2)
    plain = cast("Manifest", _plain(Value(struct_value=resource.inputs), secret=False))
    manifest: Manifest = {"apiVersion": api.removeprefix("core/"), "kind": kind.removesuffix("Patch"), **plain}
    if kind.endswith("Patch"):
        metadata: dict[str, Any] = manifest.setdefault("metadata", {})
        metadata["annotations"] = {PATCH: "false", **metadata.get("annotations", {})}
    return manifest


def _shown(manifest: Manifest) -> Manifest:
    """Without what nobody should or could read: the values of a Secret, and files in base64."""
    if manifest["kind"] == "Secret":
        rest = {key: value for key, value in manifest.items() if key not in _SECRET_FIELDS}
        keys = {key for field in _SECRET_FIELDS if field in manifest for key in _keys(manifest[field])}
        return {**rest, "stringData": dict.fromkeys(sorted(keys), SECRET)}
    if manifest["kind"] == "ConfigMap" and isinstance(manifest.get("binaryData"), Mapping):
        files = cast("Mapping[str, str]", manifest["binaryData"])
        return {**manifest, "binaryData": {key: digest(content) for key, content in files.items()}}
    return manifest


def digest(content: str) -> str:
    """``sha256//<digest>`` of a file in base64: readable, and itself valid base64, as Kubernetes wants it there."""
    try:
        content_bytes = base64.b64decode(content, validate=True)
    except ValueError:
        content_bytes = content.encode()
    return f"sha256//{hashlib.sha256(content_bytes).hexdigest()}"


def _keys(table: object) -> set[str]:
    """The keys of a Secret; one that stands for all where they are not known yet."""
    return set(cast("Mapping[str, object]", table)) if isinstance(table, Mapping) else {"computed"}


def _plain(value: Value, *, secret: bool) -> Any:
    """The value as plain data, with what is secret and what is unknown replaced."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _is_secret(value.struct_value):
            return _plain(fields["value"], secret=True)
        pairs = ((key, _plain(fields[key], secret=secret)) for key in fields)
        return {key: item for key, item in pairs if item is not None}
    if kind == "list_value":
        return [_plain(item, secret=secret) for item in value.list_value.values]
    if kind in (None, "null_value"):
        return None
    if secret:
        return SECRET
    if kind == "string_value":
        return COMPUTED if value.string_value == rpc.UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else _number(value.number_value)


def _number(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _is_secret(struct: Struct) -> bool:
    if MARK not in struct.fields:
        return False
    mark = struct.fields[MARK].string_value
    return mark == SECRET_MARK or (mark == OUTPUT_MARK and struct.fields["secret"].bool_value)


def _secrets_of(resource: Registered) -> Iterator[str]:
    """What must not be shown anywhere. The SDK marks all of a Secret, its user names too: there the key decides."""
    inputs = Struct()
    inputs.CopyFrom(resource.inputs)
    if resource.type.rpartition(":")[2].removesuffix("Patch") == "Secret":
        for field in _SECRET_FIELDS:
            for key, value in _table(inputs.fields.pop(field, Value())).items():
                if _CREDENTIAL.search(key):
                    yield from _secrets_in(value, secret=True)
    yield from _secrets_in(Value(struct_value=inputs))


def _table(value: Value) -> Mapping[str, Value]:
    """The entries of a table, with or without an envelope around it."""
    fields = value.struct_value.fields
    return _table(fields["value"]) if _is_secret(value.struct_value) else fields


def _secrets_in(value: Value, *, secret: bool = False) -> Iterator[str]:
    """Every text that is marked as secret."""
    kind = value.WhichOneof("kind")
    if kind == "string_value" and secret and value.string_value != rpc.UNKNOWN:
        yield value.string_value
    elif kind == "list_value":
        for item in value.list_value.values:
            yield from _secrets_in(item, secret=secret)
    elif kind == "struct_value":
        fields = value.struct_value.fields
        if _is_secret(value.struct_value):
            yield from _secrets_in(fields["value"], secret=True)
        else:
            for item in fields.values():
                yield from _secrets_in(item, secret=secret)


def _without(value: Any, secrets: list[str]) -> Any:
    """The value with every secret cut out that a program has put elsewhere too, without saying that it is one."""
    if isinstance(value, str):
        for text in secrets:
            value = value.replace(text, SECRET)
        return value
    if isinstance(value, Mapping):
        return {key: _without(item, secrets) for key, item in cast("Mapping[str, Any]", value).items()}
    return [_without(item, secrets) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _metadata(manifest: Manifest) -> Mapping[str, Any]:
    return manifest.get("metadata") or {}


def _sort_key(manifest: Manifest) -> tuple[int, str, str, str]:
    kind: str = manifest["kind"]
    metadata = _metadata(manifest)
    place = _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
    return place, kind, str(metadata.get("namespace", "")), str(metadata.get("name", ""))
