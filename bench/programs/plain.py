"""The objects of as many clusters as BENCH_COUNT says, each by its class in `pulumi_kubernetes`, from plain data."""

import json
import os
import re
from pathlib import Path

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import ConfigMap, PersistentVolumeClaimPatch, Secret, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from bench.renaming import FIRST, renamed

CLASSES: dict[str, type[pulumi.CustomResource]] = {
    each.__name__: each
    for each in (
        StatefulSet, ConfigMap, PersistentVolumeClaimPatch, Secret, Service, ServiceAccount, NetworkPolicy,
        PodDisruptionBudget, Role, RoleBinding,
    )
}  # fmt: skip


def argument(field: str) -> str:
    """The name that a field of an object has as an argument of its class."""
    return re.sub(r"(?=[A-Z])", "_", field).lower()


objects = json.loads(Path(os.environ["BENCH_OBJECTS"]).read_text())
for number in range(int(os.environ["BENCH_COUNT"])):
    members: list[pulumi.Resource] = []
    for each in objects:
        inputs = renamed(each["inputs"], f"bench-{number}")
        arguments = {argument(key): item for key, item in inputs.items() if key not in ("apiVersion", "kind")}
        made = CLASSES[each["type"].rpartition(":")[2]]
        # The claims that it patches are there once the members are.
        options = pulumi.ResourceOptions(depends_on=members if made is PersistentVolumeClaimPatch else [])
        resource = made(each["name"].replace(FIRST, f"bench-{number}"), opts=options, **arguments)
        members += [resource] if made is StatefulSet else []
