"""Sizes as Kubernetes and as MySQL spell them, in bytes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_UNITS = {
    "": 1, "m": Decimal("0.001"), "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?|[+-]?[0-9]+\.)([a-zA-Z]*)")
_MYSQL_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50, "e": 2**60}

MIB = 2**20


def quantity(value: Any) -> int | None:
    """A Kubernetes quantity such as ``1.5Gi`` or ``1e9``; nothing if it is none."""
    found = _QUANTITY.fullmatch(str(value).strip())
    if not found or found[2] not in _UNITS:
        return None
    return int(Decimal(found[1]) * _UNITS[found[2]])


def mysql_size(value: str) -> int | None:
    """A size of an option file such as ``512M`` (manual, "Program Option Modifiers"); nothing if it is none."""
    found = re.fullmatch(r"([0-9]+)([kmgtpe]?)b?", value.strip().strip("'\"").lower())
    return int(found[1]) * _MYSQL_UNITS[found[2]] if found else None


def mib(size: int) -> str:
    return f"{-(-size // MIB)}Mi"
