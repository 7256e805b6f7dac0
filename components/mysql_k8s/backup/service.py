"""What the archiver tells over HTTPS: liveness, state and metrics."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import sys
import threading
import time
import urllib.request
from dataclasses import asdict, dataclass
from typing import Any

from ..agent.server import Answer, Endpoints, as_json
from ..agent.settings import AGENT_PORT, TLS_FOLDER
from . import listing, target_check
from .archive import Archiver, Progress
from .catalogue import DamagedCatalogue
from .layout import Layout
from .planning import show_time
from .settings import Settings
from .store import Store, TargetError

LOOK_SECONDS = 60.0
STUCK_SECONDS = 300.0
"""An upload may take long."""


@dataclass
class Proof:
    """What the target holds beside the archive, as it was looked up last. Times as ``show_time`` writes them."""

    last_base: str = ""
    last_verified: str = ""
    compared_tables: int = 0
    """By the last drill, row by row."""
    target: str = "not looked at yet"
    """What keeps the target from being used; empty if nothing does."""


def serve(archiver: Archiver, settings: Settings, store: Store) -> None:
    """In threads of their own."""
    proof = Proof()
    threading.Thread(target=look_again_and_again, args=(settings, store, proof), daemon=True).start()
    Endpoints(
        {
            "/livez": lambda: livez(archiver.progress),
            "/state": lambda: as_json(
                {**state(archiver.progress), **asdict(proof), "point_in_time": settings.point_in_time}
            ),
            "/metrics": lambda: (200, metrics(archiver.progress, proof)),
        }
    ).start()


def look_again_and_again(settings: Settings, store: Store, proof: Proof) -> None:
    """What cannot be read now keeps its last value: the metrics are timestamps, which grow old by themselves."""
    while True:
        proof.target = target_check.problem(settings, store, time.time_ns() // 1000)
        try:
            bases = listing.bases(store, Layout(settings.cluster))
            proof.last_base = max((base["created"] for base in bases), default="")
            if bases:
                newest = max(bases, key=lambda base: base["verified"] or "")
                proof.last_verified, proof.compared_tables = newest["verified"] or "", newest["compared_tables"]
        except (TargetError, DamagedCatalogue, OSError) as error:
            print(json.dumps({"error": f"the backups cannot be listed: {error}"}), flush=True)
        time.sleep(LOOK_SECONDS)


def print_state() -> int:
    """Ask the keeper of this pod; returns the exit status."""
    context = ssl.create_default_context(cafile=str(TLS_FOLDER / "ca.crt"))
    context.check_hostname = False  # the loopback address
    try:
        with urllib.request.urlopen(f"https://127.0.0.1:{AGENT_PORT}/state", timeout=5, context=context) as answer:
            print(answer.read().decode(), end="")
    except OSError as error:
        print(f"the keeper does not answer: {error}", file=sys.stderr)
        return 1
    return 0


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
        "chain_opened": show_time(progress.chain_opened),
        "age_seconds": round(age_seconds(progress, time.time()), 3),
    }


def metrics(progress: Progress, proof: Proof) -> str:
    """In Prometheus' text form."""
    values = {
        "mysql_k8s_archive_age_seconds": ("gauge", age_seconds(progress, time.time())),
        "mysql_k8s_archive_until_timestamp_seconds": ("gauge", progress.until / 1e6),
        "mysql_k8s_archive_chain": ("gauge", progress.chain),
        "mysql_k8s_archive_gaps_total": ("counter", progress.gaps),
        "mysql_k8s_archive_uploads_total": ("counter", progress.uploads),
        "mysql_k8s_archive_upload_failures_total": ("counter", progress.upload_failures),
        "mysql_k8s_backup_last_timestamp_seconds": ("gauge", seconds_of(proof.last_base)),
        "mysql_k8s_backup_last_verified_restore_timestamp_seconds": ("gauge", seconds_of(proof.last_verified)),
        "mysql_k8s_backup_target_usable": ("gauge", 0 if proof.target else 1),
        "mysql_k8s_backup_last_verified_tables": ("gauge", proof.compared_tables),
        "mysql_k8s_archive_healthy": ("gauge", 0 if progress.problem else 1),
    }
    return "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, (kind, value) in values.items())


def seconds_of(moment: str) -> float:
    """Seconds since 1970; 0 for never."""
    return dt.datetime.fromisoformat(moment).timestamp() if moment else 0
