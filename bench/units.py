"""Values as text, with their units. Pure."""

from __future__ import annotations

from .case import Unit

_MEGA = 1e6


def shown(value: float, unit: Unit) -> str:
    """Three significant digits are as much as repetitions on a shared machine can tell."""
    match unit:
        case "s" if value < 1:
            return f"{_digits(value * 1000)} ms"
        case "s":
            return f"{_digits(value)} s"
        case "bytes":
            return f"{_digits(value / _MEGA)} MB"
        case "bytes/s":
            return f"{_digits(value / _MEGA)} MB/s"
        case "share":
            return f"{_digits(value * 100)} %"
        case "per second":
            return f"{_digits(value)} /s"


def scaled(value: float, unit: Unit) -> tuple[float, str]:
    """For an axis that begins at zero and has one unit."""
    match unit:
        case "bytes":
            return value / _MEGA, "MB"
        case "bytes/s":
            return value / _MEGA, "MB/s"
        case "share":
            return value * 100, "%"
        case "per second":
            return value, "per second"
        case "s":
            return value, "seconds"


def _digits(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
