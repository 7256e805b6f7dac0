"""The objects of backups: their pods are hardened, see only what they need, and are no members."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import Deployed, deploy, strings_outside_secrets

from mysql_k8s import (
    S3,
    Backup,
    MariaDB,
    MySQL,
    MySQLCluster,
    MySQLClusterArgs,
    Network,
    Restore,
    Volume,
    backup_bundle,
)
from mysql_k8s.args.cluster import Replication

S3_TARGET = S3(bucket="company", prefix="shop", secret_name="s3-keys", endpoint="http://minio.example.com:9000")
SEALED = {"encryption_secret_name": "key"}


def deployed(**arguments: Any) -> Deployed:
    return deploy(lambda: MySQLCluster("orders", MySQLClusterArgs(namespace="shop", **arguments)))


@pytest.fixture(scope="module", params=["volume", "s3", "mariadb"])
def both(request: pytest.FixtureRequest) -> Deployed:
    engine = MariaDB() if request.param == "mariadb" else MySQL()
    target = S3_TARGET if request.param == "s3" else Volume()
    restore = Restore(target=S3_TARGET if request.param == "s3" else Volume(claim="old"), cluster="old")
    return deployed(engine=engine, backup=Backup(target=target), restore=restore)


def pods(found: Deployed) -> dict[str, dict[str, Any]]:
    """The pod specifications of backups, by what they do."""
    cron_jobs = found.of("CronJob")
    specs = {name: cron_jobs[name]["spec"]["jobTemplate"]["spec"]["template"] for name in cron_jobs}
    specs["keeper"] = found.of("StatefulSet")["orders-backup"]["spec"]["template"]
    specs["restore"] = found.of("Job")["orders-restore"]["spec"]["template"]
    return specs


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def test_there_are_four_kinds_of_pods(both: Deployed) -> None:
    assert set(pods(both)) == {"orders-backup", "orders-drill", "keeper", "restore"}


def test_every_pod_meets_the_restricted_standard(both: Deployed) -> None:
    for pod in pods(both).values():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["fsGroup"] == 999
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in containers(pod):
            hardened = container["securityContext"]
            assert hardened["allowPrivilegeEscalation"] is False
            assert hardened["readOnlyRootFilesystem"] is True
            assert hardened["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_every_mount_has_its_volume(both: Deployed) -> None:
    made = {claim["metadata"]["name"] for claim in claim_templates(both)}
    for task, pod in pods(both).items():
        there = {volume["name"] for volume in pod["spec"]["volumes"]} | (made if task == "keeper" else set())
        mounted = {mount["name"] for container in containers(pod) for mount in container["volumeMounts"]}
        assert mounted <= there, task


def claim_templates(found: Deployed) -> list[dict[str, Any]]:
    return found.of("StatefulSet")["orders-backup"]["spec"].get("volumeClaimTemplates") or []


def test_no_pod_of_backups_is_taken_for_a_member(both: Deployed) -> None:
    selector = both.of("StatefulSet")["orders"]["spec"]["selector"]["matchLabels"]
    for pod in pods(both).values():
        assert not selector.items() <= pod["metadata"]["labels"].items()


def test_no_program_sees_the_password_of_admin_or_a_user(both: Deployed) -> None:
    for task, pod in pods(both).items():
        secrets = [volume["secret"] for volume in pod["spec"]["volumes"] if volume["name"] == "passwords"]
        if task == "restore":
            assert secrets == []
            continue
        assert [item["key"] for item in secrets[0]["items"]] == ["clone", "replication"]


def test_only_the_keeper_has_a_token(both: Deployed) -> None:
    for task, pod in pods(both).items():
        tokens = [volume for volume in pod["spec"]["volumes"] if "projected" in volume]
        assert bool(tokens) == (task == "keeper")
    rules = both.of("Role")["orders-backup"]["rules"]
    assert {(tuple(rule["resources"]), tuple(rule["verbs"])) for rule in rules} == {
        (("cronjobs",), ("get",)),
        (("jobs",), ("create",)),
    }


def test_credentials_of_s3_reach_rclone_alone() -> None:
    for pod in pods(deployed(backup=Backup(target=S3_TARGET), restore=Restore(target=S3_TARGET, cluster="x"))).values():
        by_name = {container["name"]: container for container in containers(pod)}
        refs = [env for env in by_name["rclone"]["env"] if "valueFrom" in env]
        assert {env["valueFrom"]["secretKeyRef"]["key"] for env in refs} == {"access_key_id", "secret_access_key"}
        assert "s3-keys" not in json.dumps(by_name["backup"])


@pytest.mark.parametrize("target", [Volume(encryption_secret_name="key"), S3_TARGET.model_copy(update=SEALED)])
def test_the_encryption_key_reaches_rclone_alone(target: Volume | S3) -> None:
    for pod in pods(deployed(backup=Backup(target=target), restore=Restore(target=target, cluster="x"))).values():
        by_name = {container["name"]: container for container in containers(pod)}
        (ref,) = (env for env in by_name["rclone"]["env"] if env["name"] == "ENCRYPTION_KEY")
        assert ref["valueFrom"]["secretKeyRef"] == {"name": "key", "key": "encryption_key"}
        assert not [mount for mount in by_name["backup"]["volumeMounts"] if mount["name"] == "target"]
        assert '"key"' not in json.dumps(by_name["backup"])


def test_two_backups_never_run_at_once(both: Deployed) -> None:
    for job in both.of("CronJob").values():
        assert job["spec"]["concurrencyPolicy"] == "Forbid"
        assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 21600
    assert both.of("StatefulSet")["orders-backup"]["spec"]["replicas"] == 1


def test_what_works_on_a_volume_has_one_as_large_as_a_members(both: Deployed) -> None:
    for task in ("orders-backup", "orders-drill"):
        (data,) = (volume for volume in pods(both)[task]["spec"]["volumes"] if volume["name"] == "data")
        spec = data["ephemeral"]["volumeClaimTemplate"]["spec"]
        assert spec["resources"]["requests"] == {"storage": "10Gi"}


def test_a_restore_fills_the_primarys_claim_before_the_members_start() -> None:
    found = deployed(restore=Restore(target=Volume(claim="old"), cluster="old", until="2026-11-22T03:00:00Z"))
    (data,) = (volume for volume in pods_of_restore(found)["volumes"] if volume["name"] == "data")
    assert data["persistentVolumeClaim"]["claimName"] == "data-orders-0"
    (settings,) = (each["data"]["backup.json"] for name, each in found.of("ConfigMap").items() if "restore" in name)
    assert json.loads(settings)["until"] == "2026-11-22T03:00:00Z"
    (claim,) = found.of("PersistentVolumeClaim").values()
    assert claim["metadata"]["name"] == "data-orders-0"


def pods_of_restore(found: Deployed) -> dict[str, Any]:
    return found.of("Job")["orders-restore"]["spec"]["template"]["spec"]


def test_jobs_go_where_a_claim_for_one_node_is() -> None:
    def affinity(target: Volume | S3) -> bool:
        cron_job = deployed(backup=Backup(target=target)).of("CronJob")["orders-backup"]
        return "affinity" in cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert affinity(Volume())
    assert affinity(Volume(claim="mine"))
    assert not affinity(Volume(access_mode="ReadWriteMany"))
    assert not affinity(Volume(nfs_server="nfs.example.com"))
    assert not affinity(S3_TARGET)


def test_the_network_lets_backups_reach_members_and_the_s3_server() -> None:
    found = deployed(backup=Backup(target=S3_TARGET), network=Network(monitoring_namespaces=("watch",)))
    policy = found.of("NetworkPolicy")["orders-backup"]["spec"]
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {53, 443, 3306, 6443, 9000}
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == [8443]


def from_pods(policy: dict[str, Any], port: int) -> list[dict[str, str]]:
    rules = [rule for rule in policy["spec"]["ingress"] if port in [each["port"] for each in rule["ports"]]]
    return [peer["podSelector"]["matchLabels"] for rule in rules for peer in rule["from"] if "podSelector" in peer]


def test_only_a_base_backup_of_mariadb_reaches_the_agents() -> None:
    """It is streamed by them; MySQL's is asked of the servers."""
    for engine, reaches in ((MySQL(), False), (MariaDB(), True)):
        found = deployed(engine=engine, backup=Backup()).of("NetworkPolicy")
        out = [rule for rule in found["orders-backup"]["spec"]["egress"] if "to" in rule]
        assert [port["port"] for port in out[0]["ports"]] == ([3306, 8443] if reaches else [3306])
        peers = from_pods(found["orders"], 8443)
        tasks = [peer.get("app.kubernetes.io/component") for peer in peers]
        assert tasks == ([None, "base"] if reaches else [None])


def test_a_program_fits_a_config_map(both: Deployed) -> None:
    for each in both.of("ConfigMap").values():
        assert len(json.dumps(each)) < 1024 * 1024
    assert len(backup_bundle.build().content) < 700_000


def test_python_alone_can_load_all_of_the_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / backup_bundle.FILE_NAME
    bundle.write_bytes(backup_bundle.build().content)
    load = (
        "import importlib, pkgutil, sys; sys.path.insert(0, sys.argv[1]); import mysql_k8s.backup as all\n"
        "for each in pkgutil.iter_modules(all.__path__): print(importlib.import_module(f'{all.__name__}.{each.name}'))"
    )
    # -I -S: without this environment's packages, as in a stock image.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", load, str(bundle)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(bundle)) > 20


def test_without_backups_nothing_is_there() -> None:
    plain = deployed(topology=Replication(members=3))
    assert not plain.of("CronJob") and not plain.of("Job") and not plain.of("PersistentVolumeClaim")
    assert set(plain.of("StatefulSet")) == {"orders"}


def test_backups_change_nothing_about_the_members() -> None:
    plain, backed_up = deployed(), deployed(backup=Backup())
    assert backed_up.of("StatefulSet")["orders"] == plain.of("StatefulSet")["orders"]
    added = backed_up.identities() - plain.identities()
    assert all("backup" in name or "drill" in name for _, name in added)
    assert plain.identities() <= backed_up.identities()


def test_no_password_is_in_plain_text(both: Deployed) -> None:
    passwords = set(both.of("Secret")["orders-internal"]["stringData"].values())
    for resource in both.resources:
        if resource.typ.startswith("kubernetes:") and not resource.typ.endswith(":Secret"):
            assert not passwords & set(strings_outside_secrets(resource.inputs))
