"""Says in a line what a pod is busy with, and says it again only when it has changed (pure)."""

from __future__ import annotations

from .documents import Json, name_of, text
from .pods import is_ready, phase
from .problems import Observed

READY = "ready"


def lines(seen: Observed) -> dict[str, str]:
    """One sentence for each pod."""
    return {name_of(pod): _line(pod, seen.states.get(name_of(pod))) for pod in seen.pods}


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """News only: a pod that was ready from the start is none."""
    return [f"{pod}: {text}" for pod, text in now.items() if before.get(pod, READY) != text]


def _line(pod: Json, state: Json | None) -> str:
    if is_ready(pod):
        return READY
    if not state:
        return phase(pod)
    what = text(state, "doing") or text(state, "reason") or phase(pod)
    percent = text(state, "clone", "percent")
    return f"{what} ({float(percent) // 10 * 10:.0f} %)" if percent else what
