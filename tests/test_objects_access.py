"""Role, network policy and disruption budget: who may do what to a cluster."""

from __future__ import annotations

from typing import Any

from mysql_k8s import GroupReplication, MySQLClusterArgs, Network, Replication, labels
from mysql_k8s.names import Names
from mysql_k8s.objects import disruption_budget, network_policy, role
from mysql_k8s.objects.service_account import service_account


def test_agents_may_do_three_things(names: Names) -> None:
    built: Any = role.role(MySQLClusterArgs(topology=Replication(members=5)), names)
    pods, claims, events = built.rules
    assert (pods.resources, pods.verbs) == (["pods"], ["patch"])
    assert pods.resource_names == [f"orders-{ordinal}" for ordinal in range(5)]
    assert (claims.resources, claims.verbs) == (["persistentvolumeclaims"], ["get"])
    assert claims.resource_names == [f"data-orders-{ordinal}" for ordinal in range(5)]
    assert (events.resources, events.verbs, events.resource_names) == (["events"], ["create"], None)


def test_a_groups_agents_may_note_on_their_claims(names: Names) -> None:
    built: Any = role.role(MySQLClusterArgs(topology=GroupReplication()), names)
    _, claims, _ = built.rules
    assert claims.verbs == ["get", "patch"]
    assert claims.resource_names == [f"data-orders-{ordinal}" for ordinal in range(3)]


def test_the_role_is_given_to_the_pods_alone(args: MySQLClusterArgs, names: Names) -> None:
    built: Any = role.binding(args, names)
    (subject,) = built.subjects
    assert (subject.kind, subject.name, subject.namespace) == ("ServiceAccount", names.service_account, "shop")
    assert (built.role_ref.kind, built.role_ref.name) == ("Role", names.role)
    assert service_account(args, names).automount_service_account_token is False


def ports(rule: Any) -> set[tuple[int, str]]:
    return {(port.port, port.protocol) for port in rule.ports}


def test_only_the_own_namespace_may_connect(args: MySQLClusterArgs, names: Names) -> None:
    spec: Any = network_policy.network_policy(args, names).spec
    clients, agents = spec.ingress
    assert ports(clients) == {(3306, "TCP")}
    (peer,) = clients.from_
    assert peer.namespace_selector is None
    assert peer.pod_selector.match_labels is None
    assert ports(agents) == {(8443, "TCP")}
    (member,) = agents.from_
    assert member.pod_selector.match_labels == labels.selector(names)


def test_namespaces_that_were_named_may_connect_too(names: Names) -> None:
    args = MySQLClusterArgs(network=Network(client_namespaces=("web",), monitoring_namespaces=("metrics",)))
    spec: Any = network_policy.network_policy(args, names).spec
    clients, agents = spec.ingress
    assert [peer.namespace_selector.match_labels for peer in clients.from_[1:]] == [
        {"kubernetes.io/metadata.name": "web"}
    ]
    assert [peer.namespace_selector.match_labels for peer in agents.from_[1:]] == [
        {"kubernetes.io/metadata.name": "metrics"}
    ]


def test_members_reach_each_other_names_and_the_api_and_nothing_else(args: MySQLClusterArgs, names: Names) -> None:
    spec: Any = network_policy.network_policy(args, names).spec
    assert spec.policy_types == ["Ingress", "Egress"]
    assert spec.pod_selector.match_labels == labels.selector(names)
    members, dns, api = spec.egress
    assert ports(members) == {(3306, "TCP"), (8443, "TCP")}
    assert members.to[0].pod_selector.match_labels == labels.selector(names)
    assert ports(dns) == {(53, "UDP"), (53, "TCP")}
    assert ports(api) == {(443, "TCP"), (6443, "TCP")}


def test_a_drain_takes_one_member_at_a_time(args: MySQLClusterArgs, names: Names) -> None:
    spec: Any = disruption_budget.disruption_budget(args, names).spec
    assert (spec.max_unavailable, spec.min_available) == (1, None)
    assert spec.unhealthy_pod_eviction_policy == "AlwaysAllow"


def test_a_drain_never_takes_a_groups_majority(names: Names) -> None:
    spec: Any = disruption_budget.disruption_budget(MySQLClusterArgs(topology=GroupReplication(members=5)), names).spec
    assert (spec.max_unavailable, spec.min_available) == (1, None)
    # A member that is not ready may still be counted: it may go only while the others are ready.
    assert spec.unhealthy_pod_eviction_policy == "IfHealthyBudget"
