"""One row for each member, made from its pod and from what its agent says (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from . import gtid
from .problems import Observed, Problem, diagnose

Json = dict[str, Any]

CERTIFICATE_WARNING_DAYS = 30


@dataclass(frozen=True)
class Member:
    name: str
    role: str | None
    ready: bool
    state: str
    """What it does at the moment, or why it does nothing."""
    lag_seconds: float | None = None
    transactions: int | None = None
    missing: int | None = None
    """Transactions that the primary has and this member lacks; nothing where one of the two cannot be asked."""
    clone_percent: float | None = None
    version: str | None = None
    node: str | None = None
    blocked: str | None = None


@dataclass(frozen=True)
class Status:
    """A cluster at one moment. `members` has a row for every declared member, also for one without a pod."""

    name: str
    namespace: str
    declared: int
    members: list[Member]
    warnings: list[str]

    @property
    def ready(self) -> int:
        return sum(member.ready for member in self.members)

    @property
    def healthy(self) -> bool:
        primaries = sum(member.role == "primary" and member.ready for member in self.members)
        blocked = any(member.blocked for member in self.members)
        return self.ready >= self.declared and primaries == 1 and not blocked

    def as_json(self) -> Json:
        return {**asdict(self), "ready": self.ready, "healthy": self.healthy}


def status(name: str, namespace: str, seen: Observed, silent: Mapping[str, str], now: datetime) -> Status:
    """Everything that the table shows. `silent` has the reason for each pod whose agent gave no answer."""
    problems = diagnose(seen)
    by_pod = {problem.pod: problem for problem in problems if problem.pod}
    pods = {pod["metadata"]["name"]: pod for pod in seen.pods}
    declared = int((seen.stateful_set or {}).get("spec", {}).get("replicas", 0))
    names = sorted({f"{name}-{ordinal}" for ordinal in range(declared)} | set(pods), key=_natural)
    primary = _primary_gtids(seen.states)
    members = [
        _member(each, pods.get(each), seen.states.get(each), by_pod.get(each), silent.get(each), primary)
        for each in names
    ]
    warnings = [str(problem) for problem in problems if problem.pod is None]
    return Status(name, namespace, declared, members, warnings + _warnings(members, declared, seen.states, now))


def _member(
    name: str, pod: Json | None, state: Json | None, problem: Problem | None, silence: str | None, primary: str | None
) -> Member:
    if pod is None:
        return Member(name, None, False, "no pod")
    node = pod.get("spec", {}).get("nodeName")
    ready = is_ready(pod)
    if not state:
        what = f"{problem.kind}: {problem.what}" if problem else silence or phase(pod)
        return Member(name, _label(pod), ready, what, node=node, blocked=_needs_person(problem))
    executed = state.get("gtid_executed")
    lacks = gtid.missing(executed, primary) if executed is not None and primary is not None else None
    return Member(
        name,
        state.get("role"),
        ready,
        _doing(state, ready),
        lag_seconds=state.get("lag_seconds"),
        transactions=gtid.count(executed) if executed is not None else None,
        missing=lacks,
        clone_percent=(state.get("clone") or {}).get("percent"),
        version=state.get("version"),
        node=node,
        blocked=state.get("blocked"),
    )


def _needs_person(problem: Problem | None) -> str | None:
    return f"{problem.what} {problem.way_out}" if problem else None


def _doing(state: Json, ready: bool) -> str:
    if state.get("blocked"):
        return "blocked"
    if ready and state.get("action") in ("steady", None):
        return "ready"
    return str(state.get("doing") or state.get("reason") or state.get("action") or "unknown")


def _primary_gtids(states: Mapping[str, Json]) -> str | None:
    found = [state.get("gtid_executed") for state in states.values() if state.get("role") == "primary"]
    return found[0] if len(found) == 1 else None


def _warnings(members: list[Member], declared: int, states: Mapping[str, Json], now: datetime) -> list[str]:
    warnings: list[str] = []
    ready = sum(member.ready for member in members)
    primaries = [member.name for member in members if member.role == "primary"]
    if ready < declared:
        warnings.append(f"{ready} of {declared} members are ready.")
    if declared and not primaries:
        warnings.append("No member is primary: nothing can be written.")
    if len(primaries) > 1:
        warnings.append(f"More than one member says that it is primary: {', '.join(primaries)}.")
    for name, state in sorted(states.items()):
        warnings.extend(_of_member(name, state, now))
    return warnings


def _of_member(name: str, state: Json, now: datetime) -> list[str]:
    warnings: list[str] = []
    if state.get("last_error"):
        warnings.append(f"{name}: {' '.join(str(state['last_error']).split())}")
    days = days_left(state.get("certificate_not_after"), now)
    if days is not None and days < CERTIFICATE_WARNING_DAYS:
        when = f"expires in {days} days" if days >= 0 else f"expired {-days} days ago"
        warnings.append(f"{name}: its TLS certificate {when}. Renew it with `make up`, or renew your own Secret.")
    return warnings


def days_left(not_after: object, now: datetime) -> int | None:
    if not isinstance(not_after, str):
        return None
    try:
        end = datetime.fromisoformat(not_after)
    except ValueError:
        return None
    return ((end if end.tzinfo else end.replace(tzinfo=UTC)) - now).days


def is_ready(pod: Json) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def phase(pod: Json) -> str:
    """What the pod waits for, in a few words."""
    if pod["metadata"].get("deletionTimestamp"):
        return "is being ended"
    if not pod.get("spec", {}).get("nodeName"):
        return "waits for a node"
    status = pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting")
        if waiting:
            return _waiting(container["name"], waiting.get("reason", ""))
    return "ready" if is_ready(pod) else "is starting"


def _waiting(container: str, reason: str) -> str:
    if reason in ("ContainerCreating", "PodInitializing", ""):
        return "is being set up (volumes, images)"
    return f"container {container} waits: {reason}"


def _label(pod: Json) -> str | None:
    return pod["metadata"].get("labels", {}).get("mysql-k8s/role")


def _natural(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?)(\d+)", name)
    return (match[1], int(match[2])) if match else (name, -1)
