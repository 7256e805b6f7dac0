"""What stands behind an error of a preview, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from .secrecy import redacted


@dataclass(frozen=True)
class Refusal:
    resource: str
    """The name in the program; empty where the error is about none."""
    message: str
    """Pulumi's own words, without the values that they quote."""
    way_out: str


_SIZE_REFUSED = (
    "The claim cannot be made smaller, and its StorageClass may not let it grow: see `storage.size` and "
    "`kubectl get storageclass`."
)
_KNOWN: tuple[tuple[str, str], ...] = (
    (
        r"updates to statefulset spec",
        "Kubernetes never changes this field of a StatefulSet: set it back. Of a MySQL cluster it is most often "
        "topology.start_order; docs/changes.md says how to change it all the same.",
    ),
    (r"field can ?not be less than (status\.capacity|previous value)", _SIZE_REFUSED),
    (r"only dynamically provisioned pvc can be resized", _SIZE_REFUSED),
    (r"spec is immutable after creation except resources", "A claim keeps what it was made with. Set it back."),
    (r"field is immutable", "Kubernetes never changes this field. Set it back, or give the object another name."),
    (r"storage\.(size|storage_class|access_mode) cannot", "Nothing is changed: the message says what to set."),
    (r"exceeded quota", "The namespace's ResourceQuota is used up: raise it, or ask for less."),
    (r"violates PodSecurity", "The namespace refuses such pods: correct the pod, or the namespace's policy."),
    (
        r"conflict with|apply conflict",
        "Somebody else set this field: agree with them, or annotate pulumi.com/patchForce.",
    ),
    (
        r"is forbidden: User|cannot (get|list|create|patch|delete) resource",
        "These credentials lack the right: grant it.",
    ),
    (r"namespaces? .* not found", "Create the namespace first; `make up` does it for its own."),
    (r"protect", "It is protected: take the protection away in the program first, if it really is to go."),
    (r"does not describe a cluster|is not valid|Invalid value", "Correct the value; nothing is changed."),
    (r"unreachable|connection refused|no such host|i/o timeout", "The cluster does not answer: see KUBECONFIG."),
)
_CLOSING = re.compile(r"(preview|update) failed|an unhandled error occurred: program exited with non-zero exit code: 1")
_OTHERWISE = "Nothing is changed. Correct what the message names."


def refusals(digest: Mapping[str, Any]) -> list[Refusal]:
    """One for each error of the preview, without the closing ``preview failed``."""
    found: dict[Refusal, None] = {}
    for entry in _diagnostics(digest, "error"):
        message = tidy(str(entry.get("message") or ""))
        if message and not _CLOSING.fullmatch(message):
            resource = str(entry.get("urn") or "").rsplit("::", 1)[-1]
            found[Refusal(resource, message, way_out(message))] = None
    return list(found)


def notes(digest: Mapping[str, Any]) -> list[str]:
    """The warnings of pulumi and of the program."""
    return _texts(_diagnostics(digest, "warning"))


def output(digest: Mapping[str, Any]) -> list[str]:
    """What the program prints: it may hold anything, so it stays on the terminal."""
    return _texts([*_diagnostics(digest, "info"), *_diagnostics(digest, "info#err")])


def _texts(entries: list[dict[str, Any]]) -> list[str]:
    texts = (tidy(str(entry.get("message") or "")) for entry in entries)
    return list(dict.fromkeys(text for text in texts if text))


def way_out(message: str) -> str:
    return next((advice for pattern, advice in _KNOWN if re.search(pattern, message)), _OTHERWISE)


def tidy(message: str) -> str:
    """Without the severity in front, long URNs and quoted values."""
    text = re.sub(r"^(error|warning|info): ", "", message.strip())
    text = re.sub(r'"?urn:pulumi:[^\s"]*::([^\s":]+)"?', r"\1", text)
    return redacted(text) if "storage." not in text else re.sub(r"property \w+ value \{.*?\} has a problem: ", "", text)


def _diagnostics(digest: Mapping[str, Any], severity: str) -> list[dict[str, Any]]:
    entries: Any = digest.get("diagnostics")
    listed = cast("list[object]", entries) if isinstance(entries, list) else []
    found = [cast("dict[str, Any]", entry) for entry in listed if isinstance(entry, dict)]
    return [entry for entry in found if entry.get("severity") == severity]
