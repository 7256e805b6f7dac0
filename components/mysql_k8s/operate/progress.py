"""Says in a line what a pod is busy with, and says it again only when it has changed (pure)."""

from __future__ import annotations

from typing import Any

from .members import is_ready, phase
from .problems import Observed

Json = dict[str, Any]


def lines(seen: Observed) -> dict[str, str]:
    """One sentence for each pod."""
    return {pod["metadata"]["name"]: _line(pod, seen.states.get(pod["metadata"]["name"])) for pod in seen.pods}


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    return [f"{pod}: {text}" for pod, text in now.items() if before.get(pod) != text]


def _line(pod: Json, state: Json | None) -> str:
    if is_ready(pod):
        return "ready"
    if not state:
        return phase(pod)
    percent = (state.get("clone") or {}).get("percent")
    what = str(state.get("doing") or state.get("reason") or phase(pod))
    return f"{what} ({percent // 10 * 10:.0f} %)" if percent is not None else what
