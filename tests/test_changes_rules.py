"""What each operation on each kind comes to: any resource, not only ours."""

from __future__ import annotations

from typing import Any

import pytest
from changes_steps import change, report, spec, step

from mysql_k8s.changes.effect import Effect
from mysql_k8s.changes.headline import headline

SET = "apps/v1:StatefulSet"
DEPLOYMENT = "apps/v1:Deployment"
CLAIM = "core/v1:PersistentVolumeClaim"
RISK, OUTAGE, REFUSED = Effect.DATA_AT_RISK, Effect.OUTAGE, Effect.REFUSED
ROLLING, NOTHING, RUN_TIME, UNCLEAR = Effect.ROLLING_RESTART, Effect.NOTHING, Effect.RUN_TIME, Effect.UNCLEAR


def size(text: str) -> dict[str, Any]:
    return spec(resources={"requests": {"storage": text}})


def template(image: str, **more: Any) -> dict[str, Any]:
    return spec(replicas=3, template={"spec": {"containers": [{"image": image}]}}, **more)


def reclaim(policy: str) -> dict[str, Any]:
    return spec(persistentVolumeReclaimPolicy=policy)


def retention(**policy: str) -> dict[str, Any]:
    return spec(replicas=3, persistentVolumeClaimRetentionPolicy=policy)


UPDATES = [
    (SET, template("a:1"), template("a:2"), ROLLING),
    (SET, template("a:1"), template("a:2", updateStrategy={"type": "OnDelete"}), NOTHING),
    (SET, template("a:1"), template("a:2", updateStrategy={"rollingUpdate": {"partition": 3}}), ROLLING),
    (SET, {**template("a:1")}, {"spec": {**template("a:2")["spec"], "replicas": 1}}, OUTAGE),
    (SET, spec(template={"a": 1}), spec(template={"a": 2}), OUTAGE),
    (SET, spec(replicas=3), spec(replicas=5), Effect.MEMBERS_ADDED),
    (SET, spec(replicas=5), spec(replicas=3), Effect.MEMBERS_REMOVED),
    (SET, spec(replicas=3), spec(replicas=0), OUTAGE),
    (SET, retention(whenScaled="Delete"), {"spec": {**retention(whenScaled="Delete")["spec"], "replicas": 1}}, RISK),
    (SET, retention(whenDeleted="Retain"), retention(whenDeleted="Delete"), RISK),
    (SET, retention(whenDeleted="Delete"), retention(whenDeleted="Retain"), NOTHING),
    (SET, spec(minReadySeconds=0), spec(minReadySeconds=9), NOTHING),
    (SET, spec(serviceName="a"), spec(serviceName="b"), REFUSED),
    (SET, spec(podManagementPolicy="Parallel"), spec(podManagementPolicy="OrderedReady"), REFUSED),
    (SET, spec(selector={"matchLabels": {"a": "1"}}), spec(selector={"matchLabels": {"a": "2"}}), REFUSED),
    (SET, spec(volumeClaimTemplates=[size("1Gi")]), spec(volumeClaimTemplates=[size("2Gi")]), REFUSED),
    (SET, spec(ordinals={"start": 0}), spec(ordinals={"start": 3}), RISK),
    (SET, spec(invented=1), spec(invented=2), UNCLEAR),
    (SET, {"metadata": {"labels": {}}}, {"metadata": {"labels": {"a": "b"}}}, NOTHING),
    (DEPLOYMENT, template("a:1"), template("a:2"), ROLLING),
    (DEPLOYMENT, template("a:1"), template("a:2", strategy={"type": "Recreate"}), OUTAGE),
    (DEPLOYMENT, spec(replicas=2), spec(replicas=0), OUTAGE),
    (DEPLOYMENT, spec(selector={"a": "1"}), spec(selector={"a": "2"}), REFUSED),
    ("apps/v1:DaemonSet", template("a:1"), template("a:2"), ROLLING),
    ("batch/v1:CronJob", spec(schedule="0 1 * * *"), spec(schedule="0 2 * * *"), RUN_TIME),
    ("core/v1:Pod", spec(containers=[{"image": "a:1"}]), spec(containers=[{"image": "a:2"}]), OUTAGE),
    (CLAIM, size("1Gi"), size("2Gi"), Effect.STORAGE_GROWS),
    ("core/v1:PersistentVolumeClaimPatch", size("1Gi"), size("2Gi"), Effect.STORAGE_GROWS),
    (CLAIM, size("2Gi"), size("1Gi"), REFUSED),
    (CLAIM, size("1Gi"), size("1024Mi"), NOTHING),
    (CLAIM, spec(accessModes=["ReadWriteOnce"]), spec(accessModes=["ReadWriteMany"]), REFUSED),
    (CLAIM, spec(volumeAttributesClassName="a"), spec(volumeAttributesClassName="b"), RUN_TIME),
    ("core/v1:ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, RUN_TIME),
    ("core/v1:ConfigMap", {"data": {"a": "1"}, "immutable": True}, {"data": {"a": "2"}, "immutable": True}, REFUSED),
    ("core/v1:Secret", {"stringData": {"a": "1"}}, {"stringData": {"a": "2"}}, RUN_TIME),
    ("core/v1:Secret", {"type": "Opaque"}, {"type": "kubernetes.io/tls"}, REFUSED),
    ("core/v1:Service", spec(ports=[{"port": 1}]), spec(ports=[{"port": 2}]), RUN_TIME),
    ("core/v1:Service", spec(selector={"a": "1"}), spec(selector={"a": "2"}), UNCLEAR),
    ("core/v1:PersistentVolume", reclaim("Retain"), reclaim("Delete"), RISK),
    ("networking.k8s.io/v1:NetworkPolicy", spec(ingress=[]), spec(ingress=[{}]), RUN_TIME),
    ("policy/v1:PodDisruptionBudget", spec(maxUnavailable=1), spec(maxUnavailable=2), NOTHING),
    ("rbac.authorization.k8s.io/v1:Role", {"rules": []}, {"rules": [{"verbs": ["get"]}]}, RUN_TIME),
    ("storage.k8s.io/v1:StorageClass", {"allowVolumeExpansion": False}, {"allowVolumeExpansion": True}, NOTHING),
    ("example.com/v1:Service", spec(a=1), spec(a=2), UNCLEAR),
    ("aws:rds/instance:Instance", {"size": "a"}, {"size": "b"}, UNCLEAR),
    ("pulumi:providers:kubernetes", {"version": "4.1"}, {"version": "4.2"}, NOTHING),
    ("pulumi:providers:kubernetes", {"context": "a"}, {"context": "b"}, UNCLEAR),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "old", "new", "effect"), UPDATES)
def test_an_update(kind: str, old: dict[str, Any], new: dict[str, Any], effect: Effect) -> None:
    found = change(step(kind, "update", old, new))
    wanted = NOTHING if "partition" in str(new) and effect is ROLLING else effect
    assert max((reason.effect for reason in found.reasons), key=lambda each: each.severity) in (effect, wanted)
    assert all(reason.why.endswith(".") for reason in found.reasons)


@pytest.mark.parametrize(
    ("kind", "deleted", "replaced"),
    [
        (SET, OUTAGE, OUTAGE),
        (CLAIM, RISK, RISK),
        ("core/v1:PersistentVolume", RISK, RISK),
        ("core/v1:Namespace", RISK, RISK),
        ("apiextensions.k8s.io/v1:CustomResourceDefinition", RISK, RISK),
        ("example.com/v1:Database", RISK, RISK),
        ("aws:rds/instance:Instance", RISK, RISK),
        ("core/v1:Secret", OUTAGE, RUN_TIME),
        ("core/v1:ConfigMap", UNCLEAR, RUN_TIME),
        ("core/v1:Service", OUTAGE, OUTAGE),
        (DEPLOYMENT, OUTAGE, OUTAGE),
        ("batch/v1:Job", OUTAGE, OUTAGE),
        ("policy/v1:PodDisruptionBudget", NOTHING, NOTHING),
        ("networking.k8s.io/v1:NetworkPolicy", RUN_TIME, RUN_TIME),
        ("rbac.authorization.k8s.io/v1:RoleBinding", RUN_TIME, RUN_TIME),
        ("storage.k8s.io/v1:StorageClass", NOTHING, NOTHING),
        ("core/v1:ConfigMapPatch", UNCLEAR, RUN_TIME),
        ("pulumi:providers:kubernetes", NOTHING, RISK),
        ("pulumi-python:dynamic/mysql-k8s:GeneratedPassword", NOTHING, RUN_TIME),
        ("pulumi-python:dynamic/mysql-k8s:CertificateAuthority", NOTHING, OUTAGE),
    ],
)
def test_a_deletion_and_a_replacement(kind: str, deleted: Effect, replaced: Effect) -> None:
    assert change(step(kind, "delete")).effect is deleted
    assert change(step(kind, "replace")).effect is replaced
    assert change(step(kind, "delete", retainOnDelete=True)).effect is NOTHING


@pytest.mark.parametrize("op", ["replace", "create-replacement", "delete-replaced"])
def test_a_replaced_set_whose_claims_go_with_it(op: str) -> None:
    found = change(step(SET, op, retention(whenDeleted="Delete"), retention(whenDeleted="Retain")))
    assert found.effect is RISK
    assert change(step(SET, "delete", retention(whenDeleted="Delete"))).effect is RISK


def test_a_set_under_another_name_or_elsewhere_leaves_its_data_behind() -> None:
    for moved in ({"name": "other"}, {"namespace": "other"}):
        assert change(step(SET, "replace", {}, {"metadata": moved})).effect is RISK


def test_the_steps_of_one_replacement_are_one_change() -> None:
    steps = [step(CLAIM, op) for op in ("create-replacement", "replace", "delete-replaced")]
    assert change(*steps).operation == "replaced"


def test_a_property_that_replaces_is_told_as_a_replacement_whatever_the_operation() -> None:
    entry = step(SET, "update", spec(serviceName="a"), spec(serviceName="b"))
    entry["detailedDiff"] = {"spec.serviceName": {"kind": "update-replace"}}
    assert change(entry).effect is OUTAGE


def test_the_order_of_a_rolling_restart() -> None:
    before, after = ({"spec": {**template(image)["spec"], "replicas": 3}} for image in ("a:1", "a:2"))
    ours, theirs = (report(step(SET, "update", before, after, ours=flag)) for flag in (True, False))
    assert "(orders-2, orders-1, then the primary orders-0)" in headline(ours)
    assert "(orders-2, orders-1, orders-0)" in headline(theirs)
    held = {"spec": {**after["spec"], "updateStrategy": {"rollingUpdate": {"partition": 2}}}}
    (told,) = [each for each in change(step(SET, "update", before, held)).reasons if "template" in each.path]
    assert "down to the partition: orders-2." in told.why


def test_nothing_is_said_of_what_stays() -> None:
    found = report(step(SET, "same"), changeSummary={"same": 24})
    assert (found.changes, found.unchanged) == ((), 24)
    assert headline(found) == "No change: the cluster is what the stack says."


@pytest.mark.parametrize("op", ["read", "discard", "import"])
def test_looking_up_changes_nothing(op: str) -> None:
    assert change(step("core/v1:Secret", op, {}, {})).effect in (NOTHING, OUTAGE)
    assert change(step("core/v1:Secret", "read", {}, {})).effect is NOTHING


def test_an_operation_of_a_later_engine_is_not_called_harmless() -> None:
    assert change(step(SET, "transmogrify")).effect is UNCLEAR


def test_values_are_shown_where_they_say_something() -> None:
    (reason,) = change(step(SET, "update", spec(replicas=3), spec(replicas=5))).reasons
    assert (reason.path, reason.values) == ("spec.replicas", "3 -> 5")
    (reason,) = change(step(SET, "update", template("a:1"), template("a:2"))).reasons
    assert reason.values == "a:1 -> a:2"


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("updates to statefulset spec for fields other than ... are forbidden", "topology.start_order"),
        ("spec.resources.requests.storage: Forbidden: field can not be less than status.capacity", "storage.size"),
        ("only dynamically provisioned pvc can be resized and the storageclass", "storage.size"),
        ('pods "x" is forbidden: exceeded quota: q', "ResourceQuota"),
        ('namespaces "shop" not found', "Create the namespace"),
        ('User "x" cannot patch resource "secrets"', "right"),
        ("something new", "Correct what the message names"),
    ],
)
def test_what_to_do_about_a_refusal(message: str, advice: str) -> None:
    found = report(diagnostics=[{"severity": "error", "message": f"error: {message}\n", "urn": "urn::x::orders"}])
    assert found.effect is REFUSED
    assert advice in found.refusals[0].way_out
    assert headline(found).startswith("Refused: orders")


def test_what_pulumi_says_beside_stays_visible() -> None:
    said = [{"severity": "warning", "message": "warning: old API\n"}, {"severity": "info", "message": "hello\n"}]
    found = report(diagnostics=[*said, *said])
    assert (found.notes, found.output) == (("old API",), ("hello",))
