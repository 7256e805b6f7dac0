"""Kubernetes quantities (``10Gi``, ``500m``) as plain integers.

The grammar is that of the Kubernetes API conventions ("resource.Quantity"): a decimal number, then a binary suffix
(``Ki`` to ``Ei``), a decimal one (``n`` to ``E``) or a decimal exponent (``e3``). As in Kubernetes, a fraction that is
left over is rounded up.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

KIB = 1024
MIB = 1024**2
GIB = 1024**3

_BINARY = {f"{letter}i": Decimal(1024**power) for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)} | {
    letter: Decimal(1000**power) for power, letter in enumerate("kMGTPE", start=1)
}
_FACTORS = _BINARY | _DECIMAL
_QUANTITY = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,2})?", re.ASCII)


def parse(text: str) -> Decimal:
    """The exact value of a positive quantity. Raises ValueError for anything else, zero included."""
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise ValueError(
            "is not a Kubernetes quantity; write a number and a unit without a space, such as 10Gi or 500m"
        )
    suffix = found["suffix"] or ""
    factor = _FACTORS[suffix] if suffix in _FACTORS else Decimal(f"1{suffix}")
    value = Decimal(found["number"]) * factor
    if value <= 0:
        raise ValueError("must be more than zero")
    return value


def to_bytes(text: str) -> int:
    """Bytes, rounded up. Raises ValueError as ``parse`` does."""
    return _rounded_up(parse(text))


def to_millicores(text: str) -> int:
    """Thousandths of a CPU core, rounded up. Raises ValueError as ``parse`` does."""
    return _rounded_up(parse(text) * 1000)


def from_bytes(count: int) -> str:
    """The shortest exact quantity with a binary suffix: 1207959552 -> ``1152Mi``."""
    for suffix, factor in reversed(_BINARY.items()):
        if count and count % int(factor) == 0:
            return f"{count // int(factor)}{suffix}"
    return str(count)


def _rounded_up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))
