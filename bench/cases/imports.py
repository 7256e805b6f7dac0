"""What it costs to import the library."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial

from .. import cost
from ..case import Case, Comparison, Subject, Target

STATEMENTS = {
    "`pulumi`": "import pulumi",
    "a StatefulSet of `pulumi_kubernetes`": "import pulumi; from pulumi_kubernetes.apps.v1 import StatefulSet",
    "every kind that the component makes, of `pulumi_kubernetes`": (
        "import pulumi\n"
        "from pulumi_kubernetes.apps.v1 import StatefulSet\n"
        "from pulumi_kubernetes.core.v1 import ConfigMap, PersistentVolumeClaimPatch, Secret, Service, ServiceAccount\n"
        "from pulumi_kubernetes.networking.v1 import NetworkPolicy\n"
        "from pulumi_kubernetes.policy.v1 import PodDisruptionBudget\n"
        "from pulumi_kubernetes.rbac.v1 import Role, RoleBinding"
    ),
    "`mysql_k8s`": "import pulumi; from mysql_k8s import MySQLCluster, MySQLClusterArgs",
}
_, STATEFUL_SET, KINDS, LIBRARY = STATEMENTS


@contextmanager
def stage() -> Generator[Sequence[Subject]]:
    yield [Subject(name, partial(cost.of_command, [sys.executable, "-c", text])) for name, text in STATEMENTS.items()]


CASE = Case(
    name="imports",
    title="Import",
    about=(
        "A new Python process imports the library and ends. The reference imports the same kinds of "
        "`pulumi_kubernetes`, as any program does that makes these objects itself."
    ),
    found=(
        "Earlier, every program loaded `cryptography`, the objects of backups, and the docstrings of all arguments, "
        "which pydantic read out of the source. Now certificates are loaded in the provider's process only, backups "
        "where there are backups, and docstrings for the schema of other languages only. What is left is pydantic "
        "itself and the models of the arguments."
    ),
    measures=cost.ALL,
    comparisons=(
        Comparison("processor", LIBRARY, KINDS, Target("at most", 1.2)),
        Comparison("memory", LIBRARY, KINDS, Target("at most", 1.2)),
        Comparison("processor", LIBRARY, STATEFUL_SET),
        Comparison("memory", LIBRARY, STATEFUL_SET),
    ),
    stage=stage,
)
