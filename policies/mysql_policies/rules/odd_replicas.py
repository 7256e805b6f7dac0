"""A majority of an even number is no safer than that of one less, and two halves can each lack it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..databases import ENGINES, SCHEMA, is_database, undecided
from ..manifest import Manifest
from ..pods import pod_of
from ..rule import EXCEPTIONS, About, Config, Finding, NotKnown, Violation, resource_policy
from ..values import UNKNOWN, dig

ABOUT = About(
    "stateful-set-odd-replicas",
    "A stateful set of a database has an odd number of replicas, so that a majority always exists.",
    "Set spec.replicas to an odd number. A set that needs no majority is named in this policy's `exceptions`.",
    {**EXCEPTIONS, **SCHEMA},
)


def odd_replicas(manifest: Manifest, config: Config) -> Iterator[Finding]:
    pod = pod_of(manifest)
    replicas = dig(manifest.body, "spec", "replicas")
    if pod is None or manifest.kind != "StatefulSet" or not _may_be_even(replicas):
        return
    if not is_database(pod, config) and not _patch_of_a_database(manifest):
        yield from (*pod.not_known, *undecided(pod))
    elif replicas is UNKNOWN:
        yield NotKnown(f"spec.replicas of {manifest.title}")
    else:
        number = int(replicas)
        yield Violation(
            f"{manifest.title} must have an odd number of replicas, got {number}. Use {max(number - 1, 1)} or "
            f"{number + 1}; a set that needs no majority, or is stopped on purpose, is named in the policy's "
            f"`exceptions`."
        )


def _may_be_even(replicas: object) -> bool:
    """Missing means one to Kubernetes, and to a patch: as it is."""
    if isinstance(replicas, str) and replicas.isdecimal():
        return int(replicas) % 2 == 0
    return replicas is UNKNOWN or (isinstance(replicas, int) and replicas % 2 == 0)


def _patch_of_a_database(manifest: Manifest) -> bool:
    """A patch of the number alone shows no image: the name has to tell."""
    return manifest.partial and not ENGINES.isdisjoint(re.split(r"[-_.]", manifest.name.lower()))


POLICY = resource_policy(ABOUT, odd_replicas)
