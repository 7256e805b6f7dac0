from __future__ import annotations

from typing import Any

import pytest

from mysql_k8s import MySQLClusterArgs, Replication, Standalone, Storage, labels
from mysql_k8s.names import Names
from mysql_k8s.objects.stateful_set import stateful_set


def spec_of(args: MySQLClusterArgs, names: Names) -> Any:
    return stateful_set(args, names).spec


def test_one_claim_per_member(args: MySQLClusterArgs, names: Names) -> None:
    (claim,) = spec_of(args, names).volume_claim_templates
    assert claim.metadata.name == "data"
    assert claim.spec.access_modes == ["ReadWriteOnce"]
    assert claim.spec.resources.requests == {"storage": "10Gi"}
    assert claim.spec.storage_class_name is None


def test_storage_of_ones_own(names: Names) -> None:
    storage = Storage(size="1Ti", storage_class="fast", access_mode="ReadWriteOncePod")
    (claim,) = spec_of(MySQLClusterArgs(storage=storage), names).volume_claim_templates
    assert claim.spec.access_modes == ["ReadWriteOncePod"]
    assert claim.spec.storage_class_name == "fast"


def test_the_users_labels_never_touch_what_cannot_change(names: Names) -> None:
    spec = spec_of(MySQLClusterArgs(labels={"team": "shop"}), names)
    assert spec.selector.match_labels == labels.selector(names)
    assert spec.volume_claim_templates[0].metadata.labels == labels.selector(names)
    assert spec.template.metadata.labels["team"] == "shop"


def test_claims_are_kept_unless_asked_otherwise(args: MySQLClusterArgs, names: Names) -> None:
    policy = spec_of(args, names).persistent_volume_claim_retention_policy
    assert (policy.when_deleted, policy.when_scaled) == ("Retain", "Retain")
    storage = Storage(retain_on_delete=False, retain_on_scale_in=False)
    policy = spec_of(MySQLClusterArgs(storage=storage), names).persistent_volume_claim_retention_policy
    assert (policy.when_deleted, policy.when_scaled) == ("Delete", "Delete")


@pytest.mark.parametrize(
    ("topology", "replicas", "management"),
    [
        (Standalone(), 1, "Parallel"),
        (Replication(), 3, "Parallel"),
        (Replication(members=5, start_order="ordered"), 5, "OrderedReady"),
    ],
)
def test_topologies(topology: Standalone | Replication, replicas: int, management: str, names: Names) -> None:
    spec = spec_of(MySQLClusterArgs(topology=topology), names)
    assert (spec.replicas, spec.pod_management_policy) == (replicas, management)
    assert spec.update_strategy.type == "RollingUpdate"
    assert spec.service_name == "orders"
