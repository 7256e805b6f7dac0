"""What is announced for previews that a real engine and cluster have given."""

from __future__ import annotations

import json

import pytest
from changes_steps import RECORDED, recorded

from mysql_k8s.changes.classify import classify
from mysql_k8s.changes.effect import Effect
from mysql_k8s.changes.headline import headline

ANNOUNCED = {
    "my-cnf": "1 rolling restart of 3 members (orders-2, orders-1, then the primary orders-0); nothing is replaced.",
    "labels": "1 rolling restart of 3 members (orders-2, orders-1, then the primary orders-0); nothing is replaced.",
    "database": "1 object applied at run time; nothing is replaced.",
    "user": "2 objects applied at run time; nothing is replaced.",
    "scale-out": "Members are added: orders 3 -> 5; 2 objects applied at run time; nothing is replaced.",
    "storage-grows": "3 volumes grow online (1Gi -> 2Gi); nothing is replaced.",
    "storage-class": "Refused: orders-claims; nothing is changed.",
    "claim-template": "Refused: orders; an outage: StatefulSet orders; nothing is changed.",
    "start-order": "Refused: orders; an outage: StatefulSet orders; 1 object applied at run time; nothing is changed.",
    "namespace": "DATA AT RISK: StatefulSet orders; an outage: Service orders, Service orders-primary, Service "
    "orders-read, Service orders-replicas; 11 objects applied at run time.",
}


def test_every_recording_is_here() -> None:
    assert {file.stem for file in RECORDED.glob("*.json")} == set(ANNOUNCED)


@pytest.mark.parametrize("name", ANNOUNCED)
def test_the_headline(name: str) -> None:
    assert headline(classify(recorded(name))) == ANNOUNCED[name]


def test_a_changed_setting_is_shown_and_not_the_digests() -> None:
    report = classify(recorded("my-cnf"))
    assert [(change.kind, change.effect) for change in report.changes] == [
        ("StatefulSet", Effect.ROLLING_RESTART),
        ("ConfigMap", Effect.NOTHING),
    ]
    assert report.changes[1].lines == ("my.cnf: max_connections: 200 -> 321",)
    assert {reason.argument for change in report.changes for reason in change.reasons} == {"my_cnf"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("database", {"databases"}),
        ("user", {"users", ""}),
        ("scale-out", {"topology.members", ""}),
        ("storage-grows", {"storage.size", ""}),
        ("labels", {"labels"}),
        ("namespace", {"namespace", ""}),
    ],
)
def test_the_argument_behind_a_change_is_named(name: str, arguments: set[str]) -> None:
    found = {reason.argument for change in classify(recorded(name)).changes for reason in change.reasons}
    assert found == arguments


def test_growth_is_told_of_each_claim() -> None:
    grown = [change for change in classify(recorded("storage-grows")).changes if change.effect is Effect.STORAGE_GROWS]
    assert [change.name for change in grown] == ["data-orders-0", "data-orders-1", "data-orders-2"]


def test_a_refusal_says_what_to_do() -> None:
    (refusal,) = classify(recorded("storage-class")).refusals
    assert "storage.storage_class cannot change from fast to other" in refusal.message
    (refusal,) = classify(recorded("start-order")).refusals
    assert "topology.start_order" in refusal.way_out
    assert "urn:pulumi" not in refusal.message


@pytest.mark.parametrize("name", ANNOUNCED)
def test_no_step_is_lost(name: str) -> None:
    document = recorded(name)
    steps = {
        step["urn"] for step in document["steps"] if step["oldState" if "oldState" in step else "newState"]["custom"]
    }
    report = classify(document)
    renewed = sum(change.name.endswith("-*") for change in report.changes)
    assert len(report.changes) + renewed == len(steps)


@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.json")), ids=lambda file: file.stem)
def test_the_recordings_hold_no_secret_and_no_path(file: object) -> None:
    text = RECORDED.joinpath(str(file)).read_text()
    for word in ("/root", "/home", "/work", "/tmp/", "PRIVATE KEY", "mysql://", "project://"):
        assert word not in text
    for step in json.loads(text)["steps"]:
        for state in ("oldState", "newState"):
            inputs = step.get(state, {}).get("inputs", {})
            if inputs.get("kind") == "Secret":
                values = [inputs[key] for key in ("data", "stringData") if key in inputs]
                assert set(_leaves(values)) <= {"[secret]", "app", "3306"} | {"orders"}, file


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]
