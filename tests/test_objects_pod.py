from __future__ import annotations

from typing import Any

import pytest

from mysql_k8s import Agent, MySQLClusterArgs, Resources, Scheduling, Timeouts, Toleration, labels
from mysql_k8s.names import Names
from mysql_k8s.objects import pod


def pod_of(args: MySQLClusterArgs, names: Names) -> Any:
    return pod.template(args, names)


def containers_of(template: Any) -> tuple[Any, Any]:
    (mysqld,), (agent,) = template.spec.containers, template.spec.init_containers
    return mysqld, agent


@pytest.fixture
def template(args: MySQLClusterArgs, names: Names) -> Any:
    return pod_of(args, names)


def test_the_pod_meets_the_restricted_standard(template: Any) -> None:
    """Kubernetes documentation, "Pod Security Standards", the profile Restricted, rule by rule."""
    spec = template.spec
    assert not any((spec.host_network, spec.host_pid, spec.host_ipc))
    assert spec.security_context.run_as_non_root is True
    assert spec.security_context.run_as_user == spec.security_context.fs_group == 999
    assert spec.security_context.seccomp_profile.type == "RuntimeDefault"
    for container in containers_of(template):
        security = container.security_context
        assert security.allow_privilege_escalation is False
        assert security.privileged is False
        assert security.run_as_non_root is True
        assert security.capabilities.drop == ["ALL"]
        assert security.capabilities.add is None
        assert not any(port.host_port for port in container.ports)
    allowed = ("config_map", "secret", "empty_dir", "projected")
    assert all(any(getattr(volume, kind) for kind in allowed) for volume in spec.volumes)


def test_nobody_can_write_to_a_root_file_system(template: Any) -> None:
    for container in containers_of(template):
        assert container.security_context.read_only_root_filesystem is True
        writable = {mount.mount_path for mount in container.volume_mounts if not mount.read_only}
        assert writable <= {"/var/lib/mysql", "/run/mysqld"}


def test_only_mysqld_sees_the_data_and_only_the_agent_sees_secrets(template: Any) -> None:
    mysqld, agent = ({mount.mount_path for mount in each.volume_mounts} for each in containers_of(template))
    assert mysqld - agent == {"/var/lib/mysql"}
    assert agent - mysqld == {
        "/var/lib/mysql-volume",
        "/opt/mysql-k8s",
        "/etc/mysql-k8s-cluster",
        "/etc/mysql-k8s-secrets",
        "/var/run/secrets/kubernetes.io/serviceaccount",
    }
    [gauge] = [each for each in containers_of(template)[1].volume_mounts if each.name == "data"]
    assert (gauge.sub_path, gauge.read_only) == ("gauge", True)
    assert template.spec.automount_service_account_token is False


def test_the_agent_is_a_native_sidecar(template: Any) -> None:
    mysqld, agent = containers_of(template)
    assert agent.restart_policy == "Always"
    assert agent.command == ["python3", "/opt/mysql-k8s/agent.zip", "run"]
    assert mysqld.restart_policy is None
    assert mysqld.command == ["sh", "/etc/mysql-k8s/run.sh"]


def test_both_know_who_they_are(template: Any) -> None:
    mysqld, agent = ({each.name for each in container.env} for container in containers_of(template))
    assert mysqld == {"POD_NAME", "POD_NAMESPACE"}
    assert agent >= {"POD_NAME", "POD_NAMESPACE", "POD_UID"}


def test_liveness_knows_nothing_of_replication(template: Any) -> None:
    mysqld, agent = containers_of(template)
    for probe in (mysqld.startup_probe, mysqld.liveness_probe):
        assert probe.exec_.command == ["sh", "/etc/mysql-k8s/alive.sh"]
    ready = mysqld.readiness_probe.http_get
    assert (ready.path, ready.port, ready.scheme) == ("/readyz", 8443, "HTTPS")
    alive = agent.liveness_probe.http_get
    assert (alive.path, alive.port, alive.scheme) == ("/livez", 8443, "HTTPS")
    assert agent.readiness_probe is None, "the pod's readiness is mysqld's"


def test_starting_and_stopping_take_as_long_as_they_may(names: Names) -> None:
    template = pod_of(MySQLClusterArgs(timeouts=Timeouts(startup_seconds=7201, stop_seconds=300)), names)
    mysqld, _ = containers_of(template)
    probe = mysqld.startup_probe
    assert probe.period_seconds * probe.failure_threshold >= 7201
    assert template.spec.termination_grace_period_seconds == 300
    command = mysqld.lifecycle.pre_stop.exec_.command
    assert command[:2] == ["sh", "/etc/mysql-k8s/prestop.sh"]
    assert 75 < int(command[2]) < 300, "longer than the agent waits, shorter than the pod may take"


def test_memory_is_guaranteed_and_cpu_is_not_throttled(template: Any) -> None:
    mysqld, agent = containers_of(template)
    assert mysqld.resources.requests == {"cpu": "500m", "memory": "2Gi"}
    assert mysqld.resources.limits == {"memory": "2Gi"}
    assert agent.resources.requests == {"cpu": "20m", "memory": "64Mi"}
    assert agent.resources.limits == {"memory": "128Mi"}


def test_resources_and_images_of_ones_own(names: Names) -> None:
    args = MySQLClusterArgs(resources=Resources(cpu_limit="2"), agent=Agent(image="registry.example.com/python:3.12"))
    mysqld, agent = containers_of(pod_of(args, names))
    assert mysqld.resources.limits == {"cpu": "2", "memory": "2Gi"}
    assert agent.image == "registry.example.com/python:3.12"
    assert mysqld.image == "docker.io/library/mysql:9.7.4"


def test_secrets_are_mounted_whole_and_closed_to_others(template: Any) -> None:
    secrets = {each.name: each.secret for each in template.spec.volumes if each.secret}
    names = {name: secret.secret_name for name, secret in secrets.items()}
    assert names == {"tls": "orders-tls", "passwords": "orders-internal"}
    assert all(secret.items is None and secret.default_mode == 0o440 for secret in secrets.values())


def test_the_api_token_lies_where_clients_expect_it(template: Any) -> None:
    volumes = {volume.name: volume for volume in template.spec.volumes}
    token, authority, namespace = volumes["api-token"].projected.sources
    assert token.service_account_token.path == "token"
    assert (authority.config_map.name, authority.config_map.items[0].path) == ("kube-root-ca.crt", "ca.crt")
    assert namespace.downward_api.items[0].path == "namespace"


def test_members_keep_apart_if_they_can(template: Any, names: Names) -> None:
    (preferred,) = template.spec.affinity.pod_anti_affinity.preferred_during_scheduling_ignored_during_execution
    assert preferred.pod_affinity_term.topology_key == "kubernetes.io/hostname"
    assert preferred.pod_affinity_term.label_selector.match_labels == labels.selector(names)
    (spread,) = template.spec.topology_spread_constraints
    assert (spread.topology_key, spread.when_unsatisfiable) == ("topology.kubernetes.io/zone", "ScheduleAnyway")


def test_scheduling_of_ones_own(names: Names) -> None:
    scheduling = Scheduling(
        node_selector={"disk": "nvme"},
        tolerations=(Toleration(key="database", operator="Exists", effect="NoSchedule"),),
        anti_affinity="required",
        spread_zones=False,
        priority_class="important",
    )
    spec = pod_of(MySQLClusterArgs(scheduling=scheduling), names).spec
    (required,) = spec.affinity.pod_anti_affinity.required_during_scheduling_ignored_during_execution
    assert required.topology_key == "kubernetes.io/hostname"
    assert spec.topology_spread_constraints is None
    assert spec.node_selector == {"disk": "nvme"}
    assert (spec.tolerations[0].key, spec.tolerations[0].operator) == ("database", "Exists")
    assert spec.priority_class_name == "important"
    assert pod_of(MySQLClusterArgs(scheduling=Scheduling(anti_affinity="none")), names).spec.affinity is None


def test_pods_carry_the_users_labels_and_annotations(names: Names) -> None:
    args = MySQLClusterArgs(labels={"team": "shop"}, annotations={"example.com/scrape": "true"})
    metadata = pod_of(args, names).metadata
    assert metadata.labels.items() >= {**labels.selector(names), "team": "shop"}.items()
    assert metadata.annotations["example.com/scrape"] == "true"
