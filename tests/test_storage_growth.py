"""A larger `storage.size` grows the claims that exist; what no claim can follow is refused at preview."""

from __future__ import annotations

from typing import Any

import pytest
from harness import deploy

from mysql_k8s import GroupReplication, MySQLCluster, MySQLClusterArgs, Replication, Standalone, Storage
from mysql_k8s.generated.claim_template import ClaimTemplateProvider, made_with, refusals

MADE = {"size": "10Gi", "storage_class": "fast", "access_mode": "ReadWriteOnce"}


@pytest.mark.parametrize(("topology", "members"), [(Standalone(), 1), (Replication(), 3), (Replication(members=5), 5)])
def test_each_members_claim_gets_the_size_and_nothing_else(topology: Standalone | Replication, members: int) -> None:
    args = MySQLClusterArgs(namespace="shop", topology=topology, storage=Storage(size="20Gi"))
    patches = deploy(lambda: MySQLCluster("orders", args)).of("PersistentVolumeClaimPatch")
    assert set(patches) == {f"data-orders-{ordinal}" for ordinal in range(members)}
    for name, patch in patches.items():
        assert (patch["metadata"]["name"], patch["metadata"]["namespace"]) == (name, "shop")
        assert patch["spec"] == {"resources": {"requests": {"storage": "20Gi"}}}
        assert patch["metadata"]["annotations"]["pulumi.com/patchForce"] == "true"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": "9Gi"}, ("storage.size cannot shrink from 10Gi to 9Gi", "Set it to 10Gi or more")),
        ({"storage_class": "slow"}, ("storage.storage_class cannot change from fast to slow", "Set it back")),
        ({"storage_class": ""}, ("storage.storage_class cannot change from fast to the cluster's default",)),
        ({"access_mode": "ReadWriteOncePod"}, ("storage.access_mode cannot change from ReadWriteOnce",)),
    ],
)
def test_what_a_claim_cannot_follow_is_refused_with_the_way_out(change: dict[str, str], said: tuple[str, ...]) -> None:
    failures = ClaimTemplateProvider().check(MADE, {**MADE, **change}).failures
    assert [failure.property for failure in failures] == list(change)
    assert all(part in failures[0].reason for part in said)


def test_a_group_and_any_other_topology_do_not_go_on_with_each_others_data() -> None:
    alone, replicas, group = (
        made_with(MySQLClusterArgs(namespace="shop", topology=topology))
        for topology in (Standalone(), Replication(), GroupReplication())
    )
    assert refusals(alone, replicas) == refusals(replicas, alone) == []
    for old, new in ((replicas, group), (group, alone)):
        [(key, reason)] = refusals(old, new)
        assert key == "topology"
        assert f"topology.kind cannot change from {old['topology']} to {new['topology']}" in reason


def test_a_state_from_before_the_topology_was_kept_refuses_nothing() -> None:
    assert refusals({**MADE}, {**MADE, "topology": "group-replication"}) == []


@pytest.mark.parametrize("change", [{}, {"size": "10240Mi"}, {"size": "11Gi"}, {"size": "1Ti"}])
def test_the_same_or_more_is_accepted(change: dict[str, str]) -> None:
    assert refusals(MADE, {**MADE, **change}) == []


def test_a_first_deployment_is_measured_against_nothing() -> None:
    assert refusals({}, MADE) == []


def test_only_another_value_is_a_change() -> None:
    provider = ClaimTemplateProvider()
    made: Any = provider.create({**MADE, "__provider": "..."}).outs
    assert made == MADE
    assert not provider.diff("id", {**made, "__provider": "old"}, {**MADE, "__provider": "new"}).changes
    assert provider.diff("id", made, {**MADE, "size": "20Gi"}).changes
    assert provider.update("id", made, {**MADE, "size": "20Gi"}).outs == {**MADE, "size": "20Gi"}
