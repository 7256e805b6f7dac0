"""What the archiver tells over HTTPS: liveness, state and metrics."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from ..agent.server import Answer, Endpoints, as_json
from .archive import Archiver, Progress
from .planning import show_time

STUCK_SECONDS = 300.0
"""An upload may take long."""


def serve(archiver: Archiver) -> None:
    """In threads of their own."""
    Endpoints(
        {
            "/livez": lambda: livez(archiver.progress),
            "/state": lambda: as_json(state(archiver.progress)),
            "/metrics": lambda: (200, metrics(archiver.progress)),
        }
    ).start()


def livez(progress: Progress) -> Answer:
    silent = time.monotonic() - progress.beat
    return (200, "ok\n") if silent < STUCK_SECONDS else (503, f"no progress for {silent:.0f} s\n")


def age_seconds(progress: Progress, now: float) -> float:
    """How old the newest moment is that can be restored. ``now``: seconds since 1970."""
    return max(0.0, now - progress.until / 1e6)


def state(progress: Progress) -> dict[str, Any]:
    plain = asdict(progress)
    plain.pop("beat")
    return {
        **plain,
        "archived": str(progress.archived),
        "until": show_time(progress.until),
        "age_seconds": round(age_seconds(progress, time.time()), 3),
    }


def metrics(progress: Progress) -> str:
    """In Prometheus' text form."""
    values = {
        "mysql_k8s_archive_age_seconds": ("gauge", age_seconds(progress, time.time())),
        "mysql_k8s_archive_until_timestamp_seconds": ("gauge", progress.until / 1e6),
        "mysql_k8s_archive_chain": ("gauge", progress.chain),
        "mysql_k8s_archive_gaps_total": ("counter", progress.gaps),
        "mysql_k8s_archive_uploads_total": ("counter", progress.uploads),
        "mysql_k8s_archive_upload_failures_total": ("counter", progress.upload_failures),
        "mysql_k8s_archive_healthy": ("gauge", 0 if progress.problem else 1),
    }
    return "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, (kind, value) in values.items())
