"""Which values may be printed. Pulumi blinds what it knows to be secret; here all is, unless known not to be."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any, cast

from .documents import ABSENT, Path, pattern, strings
from .step import Property, Step

MASK = "[secret]"

_SPEAKS_OF_SECRETS = re.compile(r"pass(word|wd|phrase)?|secret|token|credential|private.?key|api.?key|auth", re.I)

_CONTAINER = r"spec\.(template\.)?spec\.(initContainers|containers)\[\]"
_SHOWN = re.compile(
    "|".join(
        (
            r"spec\.(replicas|minReadySeconds|serviceName|podManagementPolicy|revisionHistoryLimit)",
            r"spec\.(updateStrategy|strategy)\..*",
            r"spec\.persistentVolumeClaimRetentionPolicy\.\w+",
            r"spec\.(volumeClaimTemplates\[\]\.spec\.)?(resources\.requests\.storage|storageClassName|accessModes(\[\])?)",
            rf"{_CONTAINER}\.(image|imagePullPolicy|resources\.(requests|limits)\.\w+)",
            rf"{_CONTAINER}\.\w+Probe\.(failureThreshold|periodSeconds|timeoutSeconds|initialDelaySeconds)",
            r"spec\.template\.spec\.(terminationGracePeriodSeconds|priorityClassName|serviceAccountName)",
            r"spec\.(minAvailable|maxUnavailable|type|clusterIP|parallelism|completions|suspend|paused|schedule)",
            r"spec\.ports\[\]\.(port|targetPort|protocol|nodePort)",
            r"spec\.persistentVolumeReclaimPolicy|reclaimPolicy|provisioner|allowVolumeExpansion|volumeBindingMode",
            r"metadata\.(name|namespace)|immutable",
        )
    )
)
"""Properties whose meaning leaves no room for a secret. Everything else is named without its value."""

_QUOTED_VALUE = re.compile(
    r"""((?:Invalid|Unsupported|Duplicate)\ value:\ |\ value\ )   # what the API server and pulumi quote
        ("(?:[^"\\]|\\.)*"|[\w.&*\[\]]*\{.*\}|[^\s"{][^:\n]*)""",
    re.X | re.S,
)


def shown(change: Property) -> str:
    """``old -> new``, or nothing where a value might be secret."""
    if not _SHOWN.fullmatch(pattern(change.path)):
        return ""
    old, new = (_plain(value) for value in (change.old, change.new))
    return "" if old is None or new is None else f"{old} -> {new}"


def _plain(value: Any) -> str | None:
    if value is ABSENT or value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, str) and len(value) <= 200 and value.isprintable() and MASK not in value:
        return value
    return None


def redacted(message: str) -> str:
    """An error of pulumi or the API server, without the values that such errors quote."""
    return _QUOTED_VALUE.sub(rf"\1{MASK}", message)


class Scrubber:
    """Takes texts that were seen at places meant for secrets out of whatever is printed."""

    def __init__(self, steps: Iterable[Step], documents: Iterable[object]) -> None:
        names = {word for step in steps for word in (step.name, step.namespace, step.resource)}
        found = {value for document in documents for value in _secrets(document)}
        self._values = sorted(found - names, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for value in self._values:
            text = text.replace(value, MASK)
        return text


def _secrets(document: object) -> Iterable[str]:
    """Texts in the data of Secrets, at keys that speak of secrets, and values of environment variables named so."""
    for path, value in strings(document):
        if MASK in value or not _is_for_secrets(document, path):
            continue
        for text in (value, _decoded(value)):
            if len(text) >= 6:
                yield text
                yield from (line for line in text.splitlines() if len(line) >= 6)


def _is_for_secrets(document: object, path: Path) -> bool:
    last = path[-1] if path else ""
    if "stringData" in path or ("data" in path and _kind(document, path) == "Secret"):
        return True
    if last == "value" and len(path) > 1:
        beside = _beside(document, path)
        return bool(_SPEAKS_OF_SECRETS.search(str(beside)))
    return isinstance(last, str) and bool(_SPEAKS_OF_SECRETS.search(last)) and not last.endswith(("Name", "name"))


def _kind(document: object, path: Path) -> object:
    holder = _within(document, path[: path.index("data")])
    return holder.get("kind")


def _beside(document: object, path: Path) -> object:
    return _within(document, path[:-1]).get("name", "")


def _within(document: object, path: Path) -> dict[str, Any]:
    for step in path:
        document = cast("Any", document)[step]
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
