"""`backup` and `backups`: take a base backup now, list what there is."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from .console import say, show
from .documents import Json, name_of, part, rows, sentence, text
from .errors import OperateError
from .exec_stream import ExecStream, capture
from .kube import Kube
from .session import Session
from .sizes import size
from .target import Target

if TYPE_CHECKING:
    from rich.table import Table

CONTAINER = "backup"
PROGRAM = ["python3", "/etc/mysql-k8s-backup/backup.zip"]
ANSWER_SECONDS = 120
JOB_SECONDS = 6 * 3600
POLL_SECONDS = 2.0
LATE_SECONDS = 60.0
"""An archive that is further behind deserves a warning."""


def backup(session: Session) -> None:
    """Take a base backup now, as the schedule would, and wait for it."""
    target, kube = session.deployed, session.connect()
    cron_job = kube.cron_job(target.namespace, f"{target.name}-backup")
    if cron_job is None:
        raise OperateError(f"{target.name} has no backups: set `backup` in its arguments, then run `make up`.")
    job = name_of(kube.create_job(target.namespace, job_from(cron_job, datetime.now().strftime("%Y%m%d%H%M%S"))))
    say(f"Job {job} takes a base backup …")
    show(wait_for_job(kube, target, job))


def job_from(cron_job: Json, suffix: str) -> Json:
    """What the schedule would make (pure)."""
    template = part(cron_job, "spec", "jobTemplate")
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": name_of(cron_job),
        "uid": text(cron_job, "metadata", "uid"),
    }
    metadata = {**part(template, "metadata"), "name": f"{name_of(cron_job)}-{suffix}", "ownerReferences": [owner]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": part(template, "spec")}


def wait_for_job(kube: Kube, target: Target, job: str) -> str:
    """Its last word. Raises OperateError with that if it failed."""
    deadline = time.monotonic() + JOB_SECONDS
    while time.monotonic() < deadline:
        status = part(kube.job(target.namespace, job), "status")
        conditions = {text(each, "type"): text(each, "status") == "True" for each in rows(status, "conditions")}
        if conditions.get("Complete") or conditions.get("Failed"):
            word = last_word(kube.pods(target.namespace, f"batch.kubernetes.io/job-name={job}"))
            if conditions.get("Complete"):
                return word
            raise OperateError(f"Job {job} failed: {word}")
        time.sleep(POLL_SECONDS)
    raise OperateError(f"Job {job} has not ended within {JOB_SECONDS // 3600} hours; it goes on.")


def last_word(pods: list[Json]) -> str:
    """What the newest pod's program left as its termination message (pure)."""
    for pod in sorted(pods, key=lambda each: text(each, "metadata", "creationTimestamp"), reverse=True):
        for container in rows(pod, "status", "containerStatuses"):
            if word := text(container, "state", "terminated", "message"):
                return word
    return "it left no message; see the logs of its pods"


def backups(session: Session, *, as_json: bool) -> None:
    """Show the base backups and how far the archive reaches."""
    target, kube = session.deployed, session.connect()
    listed = ask_keeper(kube, target, "list")
    if as_json:
        show(json.dumps(listed, indent=2))
        return
    from rich.console import Console

    console = Console()
    console.print(table(listed))
    for line in archive_lines(listed):
        console.print(line)


def ask_keeper(kube: Kube, target: Target, command: str) -> Json:
    """Run a command of the program in the pod that keeps the archive. Raises OperateError."""
    code, output, errors = run_in_keeper(kube, target, command, {}, ANSWER_SECONDS)
    if code != 0:
        raise OperateError(f"The backups cannot be read: {reason(errors)}")
    found: Json = json.loads(output)
    return found


def run_in_keeper(
    kube: Kube, target: Target, command: str, environment: Mapping[str, str], seconds: float
) -> tuple[int, bytes, bytes]:
    """Exit status, standard output and standard error. Raises OperateError if it cannot be run."""
    given = [f"{key}={value}" for key, value in sorted(environment.items())]
    whole = ["env", *given, *PROGRAM, command]
    stream = ExecStream(kube.exec_stream(target.namespace, f"{target.name}-backup-0", CONTAINER, whole))
    return capture(stream, seconds)


def reason(errors: bytes) -> str:
    """What the program said last, as a sentence (pure)."""
    lines = errors.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    try:
        message = str(json.loads(lines[-1])["error"])
    except (ValueError, KeyError, TypeError):
        message = lines[-1]
    return sentence(message.removeprefix("Refused: "))


def table(listed: Json) -> Table:
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("base backup", "size", "data", "from", "version", "verified", "GTIDs"):
        drawn.add_column(column, overflow="fold")
    for base in rows(listed, "bases"):
        drawn.add_row(
            text(base, "id"),
            size(int(base["stored_bytes"])),
            size(int(base["raw_bytes"])),
            text(base, "source").partition(".")[0],
            text(base, "server_version"),
            text(base, "verified")[:16] or "no",
            text(base, "gtids"),
        )
    return drawn


def archive_lines(listed: Json) -> list[str]:
    """For each run of the archive what it covers (pure)."""
    lines = [
        f"archive: {text(chain, 'from')} to {text(chain, 'until')}, {size(int(chain['stored_bytes']))} in "
        f"{text(chain, 'segments')} segments"
        for chain in rows(listed, "archive")
    ]
    return lines or ["There is no archive of binary logs: only the base backups themselves can be restored."]


def state_lines(state: Json) -> tuple[list[str], list[str]]:
    """What `status` says of backups: news and warnings (pure)."""
    base, proven = text(state, "last_base") or "none", text(state, "last_verified") or "never"
    news = [f"backup  last base backup {base}, proven {proven}"]
    warnings: list[str] = []
    if state.get("point_in_time"):
        age = float(state.get("age_seconds") or 0)
        news.append(f"archive {age:.1f} s behind, since {text(state, 'chain_opened')}")
        if state.get("problem") or age > LATE_SECONDS:
            warnings.append(
                f"The archive of binary logs is {age:.0f} s behind: {text(state, 'problem') or 'it is slow'}"
            )
        if state.get("last_gap"):
            warnings.append(f"The archive has a gap: {text(state, 'last_gap')}")
    if state.get("target"):
        warnings.append(f"The backups' target cannot be used: {text(state, 'target')}")
    if not state.get("last_base"):
        warnings.append("There is no base backup yet: nothing can be restored.")
    return news, warnings
