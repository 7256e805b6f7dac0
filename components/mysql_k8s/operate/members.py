"""One row for each member, made from its pod and from what its agent says (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ..agent.gtid import GtidSet
from . import pods
from .diagnose import diagnose
from .documents import Json, name_of, part, text
from .problems import Observed, Problem
from .quorum import standing
from .routers import Routers

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
    clone_bytes_per_second: float | None = None
    group_state: str | None = None
    """Its state in the group, where there is one: ONLINE, RECOVERING, OFFLINE or ERROR."""
    version: str | None = None
    node: str | None = None
    problem: str | None = None
    """What will not pass by itself, and the way out."""


@dataclass(frozen=True)
class Status:
    """A cluster at one moment. `members` has a row for every declared member, also for one without a pod."""

    name: str
    namespace: str
    declared: int
    members: list[Member]
    warnings: list[str]
    backup: Json | None = None
    """What the keeper of the backups says; nothing where there are none."""
    group: str | None = None
    """How the group stands; nothing where the topology has none."""
    routers: Routers | None = None
    """The Routers in front; nothing where there are none."""

    @property
    def ready(self) -> int:
        return sum(member.ready for member in self.members)

    @property
    def healthy(self) -> bool:
        primaries = sum(member.role == "primary" and member.ready for member in self.members)
        stuck = any(member.problem for member in self.members)
        routed = self.routers is None or self.routers.ready >= self.routers.declared
        return self.ready >= self.declared > 0 and primaries == 1 and not stuck and routed

    def as_json(self) -> Json:
        return {**asdict(self), "ready": self.ready, "healthy": self.healthy}


def status(name: str, namespace: str, seen: Observed, silent: Mapping[str, str], now: datetime) -> Status:
    """Everything that the table shows. `silent` has the reason for each pod whose agent gave no answer."""
    problems = diagnose(seen)
    by_pod = {problem.pod: problem for problem in problems if problem.pod}
    by_name = {name_of(pod): pod for pod in seen.pods}
    declared = int(text(seen.stateful_set, "spec", "replicas") or 0)
    names = sorted({f"{name}-{ordinal}" for ordinal in range(declared)} | set(by_name), key=_natural)
    primary = _primary_gtids(seen.states)
    members = [
        _member(each, by_name.get(each), seen.states.get(each), by_pod.get(each), silent.get(each), primary)
        for each in names
    ]
    warnings = [str(problem) for problem in problems if problem.pod is None]
    warnings += _warnings(members, declared, seen.states, now)
    return Status(name, namespace, declared, members, warnings, group=standing(seen.states.values()))


def _member(
    name: str, pod: Json | None, state: Json | None, problem: Problem | None, silence: str | None, primary: str | None
) -> Member:
    if pod is None:
        return Member(name, None, False, "no pod")
    node = text(pod, "spec", "nodeName") or None
    ready = pods.is_ready(pod)
    wrong = str(problem) if problem else None
    if not state:
        what = problem.kind if problem else silence or pods.phase(pod)
        return Member(name, pods.role(pod), ready, what, node=node, problem=wrong)
    executed = _executed(state)
    lacks = (
        len(GtidSet.parse(primary) - GtidSet.parse(executed)) if executed is not None and primary is not None else None
    )
    return Member(
        name,
        state.get("role"),
        ready,
        problem.kind if problem else _doing(state, ready),
        lag_seconds=state.get("lag_seconds"),
        transactions=len(GtidSet.parse(executed)) if executed is not None else None,
        missing=lacks,
        clone_percent=part(state, "clone").get("percent"),
        clone_bytes_per_second=part(state, "clone").get("bytes_per_second"),
        group_state=part(state, "group").get("state"),
        version=state.get("version"),
        node=node,
        problem=wrong,
    )


def _doing(state: Json, ready: bool) -> str:
    if ready and state.get("action") in ("steady", None):
        return "ready"
    return str(state.get("doing") or state.get("reason") or state.get("action") or "unknown")


def _executed(state: Json) -> str | None:
    """Nothing where the agent could not ask its mysqld, which is not the same as no transaction."""
    return text(state, "gtid_executed") if state.get("version") else None


def _primary_gtids(states: Mapping[str, Json]) -> str | None:
    found = [_executed(state) for state in states.values() if state.get("role") == "primary"]
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
    if state.get("warning"):
        warnings.append(f"{name}: {state['warning']}.")
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


def _natural(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?)(\d+)", name)
    return (match[1], int(match[2])) if match else (name, -1)
