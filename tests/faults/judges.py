"""Compares what clients were told, and what observers saw, with what is there in the end. Pure.

Each judge returns what it found, in words; nothing found is an empty list.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cluster.support.checker import Verdict, shown
from cluster.support.history import Outcome

from .records import Append, Attempt, Increment, RoleSample, StaleRead

STALE_SECONDS = 12
"""So long after a fault began may a primary that lost its role still answer reads on connections that it had."""

PROBE_SECONDS = 2
"""Two accepted writes further apart than this do not show that their member accepted writes all the time between."""


def writes(verdict: Verdict) -> list[str]:
    """Acknowledged writes that are missing, refused ones that are there, and doubled ones."""
    problems = {
        "acknowledged writes are lost": verdict.lost,
        "writes are there that were refused or never attempted": verdict.unexpected,
        "writes are there more than once": verdict.doubled,
    }
    return [f"{len(which)} {what}: {shown(which)}" for what, which in problems.items() if which]


def gtids(missing: Mapping[str, str]) -> list[str]:
    """``missing``: for each member, which of the acknowledged GTIDs it does not hold."""
    return [f"{member} lacks the acknowledged transactions {lacking}" for member, lacking in missing.items() if lacking]


def copies(rows: Mapping[str, Iterable[int]]) -> list[str]:
    """``rows``: for each member, the values that it holds. All must hold the same."""
    (first, expected), *others = ((member, set(values)) for member, values in rows.items())
    return [
        f"{first} and {member} differ in {len(expected ^ own)} rows: {shown(sorted(expected ^ own))}"
        for member, own in others
        if own != expected
    ]


def lists(appends: Iterable[Append], final: Mapping[int, Sequence[int]]) -> list[str]:
    """Every list that an acknowledged transaction saw, with its element, is the beginning of the final list."""
    attempts = list(appends)
    return [
        *_wrong_beginnings(attempts, final),
        *_wrong_elements(attempts, final),
    ]


def _wrong_beginnings(attempts: Iterable[Append], final: Mapping[int, Sequence[int]]) -> Iterable[str]:
    for append in attempts:
        there = tuple(final.get(append.key, ()))
        held = (*append.seen, append.element)
        if append.outcome is Outcome.OK and there[: len(held)] != held:
            same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(held, there, strict=False)))
            yield (
                f"list {append.key}: the acknowledged append of {append.element} made it {len(held)} long, "
                f"of which only the first {same} are the final list's"
            )


def _wrong_elements(attempts: Sequence[Append], final: Mapping[int, Sequence[int]]) -> Iterable[str]:
    possible = {(a.key, a.element) for a in attempts if a.outcome is not Outcome.FAILED}
    for key, elements in final.items():
        strange = [element for element in elements if (key, element) not in possible]
        if strange:
            yield f"list {key} holds elements that were refused or never appended: {shown(strange)}"
        doubled = [element for element, times in Counter(elements).items() if times > 1]
        if doubled:
            yield f"list {key} holds elements more than once: {shown(doubled)}"


def increments(attempts: Iterable[Increment], final: int) -> list[str]:
    """No two acknowledged increments had the same result, and the row holds neither too little nor too much."""
    made = list(attempts)
    results = [attempt.result for attempt in made if attempt.outcome is Outcome.OK and attempt.result is not None]
    unknown = sum(attempt.outcome is Outcome.UNKNOWN for attempt in made)
    doubled = [result for result, times in Counter(results).items() if times > 1]
    found: list[str] = []
    if doubled:
        found.append(f"several acknowledged increments had the same result: {shown(sorted(doubled))}")
    if not len(results) <= final <= len(results) + unknown:
        found.append(
            f"the row that was incremented holds {final}, "
            f"after {len(results)} acknowledged increments and {unknown} without an answer"
        )
    if results and max(results) > final:
        found.append(f"an acknowledged increment had the result {max(results)}, but the row holds {final}")
    return found


def stale_reads(reads: Iterable[StaleRead], fault_began: float) -> list[str]:
    """Reads at the primary's Service that lacked acknowledged writes, later than a lost role explains."""
    late = [read for read in reads if read.began > fault_began + STALE_SECONDS]
    if not late:
        return []
    servers = ", ".join(sorted({read.server for read in late}))
    after = late[-1].began - fault_began
    return [
        f"{len(late)} reads at the primary's Service lacked acknowledged writes, the last one {after:.1f} s after the "
        f"fault began; answered by {servers}, for example without {shown(late[0].missing)}"
    ]


def double_primaries(samples: Iterable[RoleSample], attempts: Iterable[Attempt]) -> list[str]:
    """Two pods with the primary's label, two endpoints of its Service, or two members that accept writes."""
    seen = list(samples)
    return [
        *_several("pods had the primary's label", [(s.moment, s.labelled) for s in seen]),
        *_several("endpoints were in the primary's Service", [(s.moment, s.endpoints) for s in seen]),
        *_several_accepting(attempts),
    ]


def _several(what: str, samples: Sequence[tuple[float, tuple[str, ...]]]) -> Iterable[str]:
    bad = [(moment, pods) for moment, pods in samples if len(pods) > 1]
    if bad:
        over = bad[-1][0] - bad[0][0]
        yield f"several {what}: {', '.join(bad[0][1])}, in {len(bad)} samples over {over:.1f} s"


def _several_accepting(attempts: Iterable[Attempt]) -> Iterable[str]:
    made = sorted(attempts, key=lambda attempt: attempt.began)
    members = sorted({attempt.member for attempt in made})
    for member, other in itertools.permutations(members, 2):
        accepted = [attempt for attempt in made if attempt.member == other and attempt.accepted]
        for began, ended in accepting([attempt for attempt in made if attempt.member == member]):
            within = [a for a in accepted if began <= a.began and a.ended <= ended]
            if within:
                yield (
                    f"{other} accepted {len(within)} writes while {member} went on accepting writes "
                    f"for {ended - began:.1f} s"
                )


def accepting(attempts: Iterable[Attempt]) -> list[tuple[float, float]]:
    """When one member accepted writes without a break: from an accepted one's end to a later one's beginning.

    Another member's write that lies inside such a time cannot be explained by one handing the role to the other.
    """
    spans: list[tuple[float, float]] = []
    first: Attempt | None = None
    last: Attempt | None = None
    for attempt in attempts:
        if not attempt.accepted:
            first = last = None
            continue
        if first is None or last is None or attempt.began - last.ended > PROBE_SECONDS:
            first = last = attempt
            continue
        if spans and spans[-1][0] == first.ended:
            spans.pop()
        spans.append((first.ended, attempt.began))
        last = attempt
    return spans


def failover(before: str, after: str) -> list[str]:
    """For faults that are too short to give the primary up."""
    return [] if before == after else [f"the primary's role went from {before} to {after}, for nothing"]
