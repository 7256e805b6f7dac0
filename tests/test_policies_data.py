"""What holds data goes only if the configuration names it: in the pack by the earlier state, in a plan by its steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from policy_manifests import ABSENT, SECRET, STATEFUL_SET, changed

from mysql_k8s.operate import data_guard, policy_packs
from mysql_k8s.operate.project import Project
from mysql_policies.earlier import Earlier, resources_of
from mysql_policies.rule import Finding, NotKnown, Violation
from mysql_policies.rules.data_not_deleted import data_not_deleted
from mysql_policies.rules.data_not_replaced import SECRET_MARK, data_not_replaced
from mysql_policies.values import UNKNOWN, plain

SET, CLAIM, CREDENTIALS, CONFIG = (
    f"kubernetes:{kind}"
    for kind in ("apps/v1:StatefulSet", "core/v1:PersistentVolumeClaim", "core/v1:Secret", "core/v1:ConfigMap")
)


def urn(kind: str, name: str = "orders") -> str:
    return f"urn:pulumi:prod::mysql::{kind}::{name}"


def was(kind: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A resource of an exported state."""
    return {"urn": urn(kind), "type": kind, "inputs": inputs, **more}


def state(*resources: dict[str, Any]) -> Earlier:
    return Earlier(resources_of({"deployment": {"resources": list(resources)}}))


def never(_: dict[str, Any]) -> bool:
    return False


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi.get_project", lambda: "mysql")


def messages(findings: list[Finding]) -> list[str]:
    return [finding.message for finding in findings if isinstance(finding, Violation)]


CLAIM_INPUTS = {"metadata": {"name": "files"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {}}}


@pytest.mark.parametrize(("kind", "inputs"), [(SET, STATEFUL_SET), (CLAIM, CLAIM_INPUTS), (CREDENTIALS, SECRET)])
def test_a_deletion_is_refused(kind: str, inputs: dict[str, Any]) -> None:
    (message,) = messages(list(data_not_deleted(set(), state(was(kind, inputs)), never)))
    name = f"{kind.rpartition(':')[2]}/{inputs['metadata']['name']}"
    assert message.startswith(f"{name} is no longer in the program")
    assert message.endswith(f"name it in the stack's configuration: mysql:allowDataLoss: [{name}].")


@pytest.mark.parametrize(
    "resource",
    [
        was(CONFIG, {"metadata": {"name": "orders-config-ab12"}}),
        was(SET, STATEFUL_SET, retainOnDelete=True),
        was(SET, STATEFUL_SET, external=True),
        was(SET, STATEFUL_SET, delete=True),
        was(CREDENTIALS, {"type": "kubernetes.io/service-account-token", "metadata": {"name": "t"}}),
    ],
)
def test_what_may_be_deleted(resource: dict[str, Any]) -> None:
    assert list(data_not_deleted(set(), state(resource), never)) == []


def test_what_is_kept_or_renamed_is_not_deleted() -> None:
    assert list(data_not_deleted({urn(SET)}, state(was(SET, STATEFUL_SET)), never)) == []


@pytest.mark.parametrize("named", ["StatefulSet/orders", "orders", urn(SET)])
def test_the_configuration_allows_it(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi.Config.get_object", lambda *_: [named, "Secret/other"])
    assert list(data_not_deleted(set(), state(was(SET, STATEFUL_SET)))) == []
    assert messages(list(data_not_deleted(set(), state(was(CLAIM, CLAIM_INPUTS, urn=urn(CLAIM, "files"))))))


@pytest.mark.parametrize(
    ("kind", "inputs", "change", "field"),
    [
        (SET, STATEFUL_SET, {"spec.serviceName": "other"}, "spec.serviceName changes from orders to other"),
        (SET, STATEFUL_SET, {"spec.selector.matchLabels.app": "x"}, "spec.selector"),
        (SET, STATEFUL_SET, {"spec.volumeClaimTemplates.0.spec.accessModes": ["x"]}, "spec.volumeClaimTemplates"),
        (SET, STATEFUL_SET, {"metadata.name": "sales"}, "metadata.name changes from orders to sales"),
        (SET, STATEFUL_SET, {"metadata.namespace": "other"}, "metadata.namespace"),
        (CLAIM, CLAIM_INPUTS, {"spec.accessModes": ["ReadWriteMany"]}, "spec.accessModes"),
        (CREDENTIALS, {**SECRET, "type": "Opaque"}, {"type": "kubernetes.io/tls"}, "type changes"),
    ],
)
def test_a_replacement_is_refused(kind: str, inputs: dict[str, Any], change: dict[str, Any], field: str) -> None:
    now = plain(changed(inputs, change))
    (message,) = messages(list(data_not_replaced([urn(kind)], now, [], state(was(kind, inputs)), never)))
    assert field in message
    ignored = [next(iter(change)).rpartition(".0.")[0] or next(iter(change))]
    if "matchLabels" not in ignored[0]:
        assert list(data_not_replaced([urn(kind)], now, ignored, state(was(kind, inputs)), never)) == []


@pytest.mark.parametrize(
    "change", [{}, {"spec.replicas": 5}, {"spec.serviceName": ABSENT}, {"metadata.labels": {"a": "b"}}]
)
def test_what_replaces_nothing(change: dict[str, Any]) -> None:
    now = plain(changed(STATEFUL_SET, change))
    assert list(data_not_replaced([urn(SET)], now, [], state(was(SET, STATEFUL_SET)), never)) == []


def test_a_renamed_resource_is_found_by_its_alias() -> None:
    now = plain(changed(STATEFUL_SET, {"spec.serviceName": "other"}))
    assert messages(list(data_not_replaced([urn(SET, "new"), urn(SET)], now, [], state(was(SET, STATEFUL_SET)), never)))


def test_what_cannot_be_judged() -> None:
    blind = Earlier({}, "the stack cannot be read")
    assert list(data_not_deleted(set(), blind, never)) == [NotKnown("what this run deletes (the stack cannot be read)")]
    now = changed(STATEFUL_SET, {"spec.selector": UNKNOWN})
    (finding,) = data_not_replaced([urn(SET)], now, [], state(was(SET, STATEFUL_SET)), never)
    assert isinstance(finding, NotKnown) and "spec.selector of StatefulSet/orders" in finding.what
    hidden = changed(STATEFUL_SET, {"spec.selector": {SECRET_MARK: "x", "ciphertext": "y"}})
    assert list(data_not_replaced([urn(SET)], STATEFUL_SET, [], state(was(SET, hidden)), never)) == []


# --- a plan's steps -------------------------------------------------------------------------------------------------


def step(operation: str, kind: str = SET, **more: Any) -> dict[str, Any]:
    old = was(kind, {"metadata": {"name": "orders"}})
    return {"op": operation, "urn": urn(kind), "oldState": {**old, **more.pop("old", {})}, **more}


@pytest.mark.parametrize("kind", [SET, CLAIM, CREDENTIALS])
@pytest.mark.parametrize("operation", ["delete", "replace", "create-replacement", "delete-replaced"])
def test_a_plan_that_destroys(operation: str, kind: str) -> None:
    (refusal,) = data_guard.refusals([step(operation, kind, replaceReasons=["spec"])], [])
    assert refusal.name == f"{kind.rpartition(':')[2]}/orders"
    assert refusal.replaced is (operation != "delete")
    assert data_guard.refusals([step(operation, kind)], [refusal.name]) == []
    assert data_guard.refusals([step(operation, kind)], ["orders"]) == []


@pytest.mark.parametrize(
    "harmless",
    [
        step("same"),
        step("update"),
        step("create"),
        step("delete", CONFIG),
        step("replace", CONFIG),
        step("delete", old={"retainOnDelete": True}),
        step("delete", old={"external": True}),
    ],
)
def test_a_plan_that_does_not(harmless: dict[str, Any]) -> None:
    assert data_guard.refusals([harmless], []) == []


def test_one_refusal_per_object_with_its_reasons() -> None:
    steps = [step("create-replacement"), step("replace", replaceReasons=["spec.serviceName"]), step("delete-replaced")]
    found = data_guard.refusals(steps, [])
    assert [refusal.because for refusal in found] == [("spec.serviceName",)]
    message = data_guard.message(found, "mysql")
    assert "StatefulSet/orders would be replaced (changed: spec.serviceName)" in message
    assert message.endswith("mysql:allowDataLoss: [StatefulSet/orders]")


def test_what_the_stack_file_allows() -> None:
    assert data_guard.allowed({"mysql:allowDataLoss": ["a", "b"]}, "mysql") == ["a", "b"]
    assert data_guard.allowed({"mysql:allowDataLoss": "a"}, "mysql") == ["a"]
    assert data_guard.allowed({"other:allowDataLoss": ["a"]}, "mysql") == []


# --- the options of a run -------------------------------------------------------------------------------------------


def test_a_project_with_a_pack_runs_with_it(tmp_path: Path) -> None:
    project = Project(tmp_path, "prod", {"name": "mysql"})
    assert policy_packs.options(project) == ()
    pack = tmp_path / "policies"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    assert policy_packs.options(project) == ("--policy-pack", str(pack))
    for name in ("config.json", "config.prod.json"):
        (pack / name).write_text(json.dumps({}))
        assert policy_packs.options(project)[2:] == ("--policy-pack-config", str(pack / name))
