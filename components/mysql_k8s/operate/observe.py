"""Looks at a cluster: the objects of one MySQL cluster and the states that its agents report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from .documents import Json, name_of, part
from .errors import OperateError
from .exec_stream import ExecStream, capture
from .kube import Kube
from .pods import is_ending, is_running, phase
from .problems import Observed
from .target import Target

AGENT = "agent"
STATE_COMMAND = ["python3", "/opt/mysql-k8s/agent.zip", "state"]
ANSWER_SECONDS = 8


@dataclass(frozen=True)
class Answers:
    """The agents' states, and for each agent that gave none the reason."""

    states: dict[str, Json]
    silent: dict[str, str]


def objects(kube: Kube, target: Target) -> Observed:
    """What the API knows, without asking the agents."""
    stateful_set = kube.stateful_set(target.namespace, target.name)
    if stateful_set is None:
        return Observed()
    labels = part(stateful_set, "spec", "selector", "matchLabels")
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return Observed(
        stateful_set=stateful_set,
        pods=kube.pods(target.namespace, selector),
        claims=kube.claims(target.namespace),
        events=kube.events(target.namespace),
    )


def ask(kube: Kube, namespace: str, pods: Iterable[Json]) -> Answers:
    """Ask the agents of these pods, all at the same time."""
    asked = list(pods)
    if not asked:
        return Answers({}, {})
    with ThreadPoolExecutor(max_workers=min(9, len(asked))) as pool:
        answers = list(pool.map(partial(_ask_one, kube, namespace), asked))
    states: dict[str, Json] = {}
    silent: dict[str, str] = {}
    for pod, answer in zip(asked, answers, strict=True):
        if isinstance(answer, str):
            silent[name_of(pod)] = answer
        else:
            states[name_of(pod)] = answer
    return Answers(states, silent)


def _ask_one(kube: Kube, namespace: str, pod: Json) -> Json | str:
    if not is_running(pod, AGENT):
        return phase(pod)
    try:
        stream = ExecStream(kube.exec_stream(namespace, name_of(pod), AGENT, STATE_COMMAND))
        code, output, errors = capture(stream, ANSWER_SECONDS)
    except OperateError as error:
        return phase(pod) if is_ending(pod) else silence(error.message)
    if code != 0:
        return silence(errors.decode("utf-8", "replace").strip() or f"exit status {code}")
    try:
        return json.loads(output)
    except ValueError:
        return "the agent's answer cannot be read"


def silence(why: str) -> str:
    """The reason for no answer, in a few words (pure)."""
    if "dial tcp" in why:
        return "its node cannot be reached"
    return f"the agent does not answer: {why.splitlines()[-1]}"
